"""Check the values of parameters before a training begins.

The messages have the same words as scikit-learn's. Its own checks have no public interface.
"""

import functools
import inspect
import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from skdigits._routed_names import advice_on_argument

LARGEST_SEED = 2**32 - 1


class InvalidParameterError(ValueError, TypeError):
    """A parameter has a value that it may not have."""


class Constraint(NamedTuple):
    """A kind of value that a parameter may have.

    Attributes
    ----------
    text : str
        A description that completes "must be".
    admits : callable
        Takes a value, and returns whether it is allowed.
    """

    text: str
    admits: Callable


def whole_number(least, most=math.inf):
    """Return the constraint of a whole number."""
    end = "inf)" if most == math.inf else f"{most}]"
    return Constraint(
        f"an int in the range [{least}, {end}",
        lambda value: isinstance(value, Integral) and least <= int(value) <= most,
    )


def real_number(interval):
    """Return the constraint of a real number in an interval, such as "(0, 1)" or "[0, inf)"."""
    low, high = (float(end) for end in interval[1:-1].split(","))

    def admits(value):
        try:
            number = float(value) if isinstance(value, Real) else math.nan  # in no interval
        except OverflowError:  # an integer that is larger than any float
            return False
        above = number >= low if interval[0] == "[" else number > low
        return above and (number <= high if interval[-1] == "]" else number < high)

    return Constraint(f"a float in the range {interval}", admits)


def one_of(*names):
    """Return the constraint of a text that is one of several."""
    choices = ", ".join(map(repr, names))
    return Constraint(
        f"a str among {{{choices}}}", lambda value: isinstance(value, str) and value in names
    )


def instance_of(*kinds):
    """Return the constraint of an object of some type."""
    names = dict.fromkeys(kind.__name__ for kind in kinds)  # bool and numpy.bool have one name
    text = " or ".join(f"an instance of {name!r}" for name in names)
    return Constraint(text, lambda value: isinstance(value, kinds))


def with_methods(*methods):
    """Return the constraint of an object that has these methods."""
    text = f"an object implementing {' and '.join(map(repr, methods))}"
    return Constraint(
        text, lambda value: all(callable(getattr(value, name, None)) for name in methods)
    )


def _is_array_like(value):
    has_length = hasattr(value, "__len__") or hasattr(value, "shape")
    is_number = np.isscalar(value) or getattr(value, "shape", None) == ()
    return (has_length or hasattr(value, "__array__")) and not is_number


ARRAY_LIKE = Constraint("an array-like", _is_array_like)
BOOLEAN = instance_of(bool, np.bool_)
CALLABLE = Constraint("a callable", callable)
# Keras is not imported to check more; the training does.
SCHEDULE = Constraint("an object of keras.optimizers.schedules", callable)
NONE = Constraint("None", lambda value: value is None)
TEXT = instance_of(str)
VERBOSE = whole_number(0)
RANDOM_STATE = (whole_number(0, LARGEST_SEED), instance_of(np.random.RandomState), NONE)


def check_parameters(owner, parameters, constraints):
    """Raise if a parameter has a value that it may not have.

    Parameters
    ----------
    owner : str
        Name of the estimator or function, for the message.
    parameters : dict
        Values by name.
    constraints : dict
        Lists of constraints by the name of a parameter. A value must meet one of the list. A
        parameter without a list may have any value.

    Raises
    ------
    InvalidParameterError
        It is a `ValueError` and a `TypeError`, and names the parameter and its allowed values.
    """
    for name, allowed in constraints.items():
        if name in parameters and not any(each.admits(parameters[name]) for each in allowed):
            texts = [each.text for each in allowed]
            text = " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
            raise InvalidParameterError(
                f"The {name!r} parameter of {owner} must be {text}. "
                f"Got {parameters[name]!r} instead."
            )


def with_checked_parameters(method):
    """Decorate a method of an estimator: first check its names, and the estimator's parameters.

    The parameters are checked by `_constraints`. An unknown argument is a `TypeError`, which says
    what to use, since Keras's `fit` takes much that is a parameter of the estimator here.
    """
    signature = inspect.signature(method).parameters
    arguments = list(signature)[1:]
    takes_all = any(each.kind is each.VAR_KEYWORD for each in signature.values())

    @functools.wraps(method)
    def checked(self, *args, **kwargs):
        owner, parameters = type(self).__name__, self.get_params(deep=False)
        for name in kwargs:
            if name not in arguments and not takes_all:
                advice = advice_on_argument(name, arguments, owner, parameters)
                raise TypeError(f"{owner}.{method.__name__} takes no {name!r}; {advice}")
        check_parameters(owner, parameters, self._constraints)
        return method(self, *args, **kwargs)

    return checked


def with_checked_arguments(constraints):
    """Decorate a function: first check its arguments."""

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args, **kwargs):
            arguments = signature.bind(*args, **kwargs).arguments
            check_parameters(function.__qualname__, arguments, constraints)
            return function(*args, **kwargs)

        return checked

    return decorate
