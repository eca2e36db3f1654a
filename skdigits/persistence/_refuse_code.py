"""Find what a file without code cannot hold: functions, and objects of the user's classes."""

from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType

import numpy as np
from scipy.sparse import issparse

from skdigits._base import ImageClassifier

LIBRARIES = {"builtins", "numpy", "scipy", "sklearn", "skdigits"}  # files have their code by name
CONTAINERS = (list, tuple, set, frozenset, dict, np.ndarray)
FUNCTIONS = (BuiltinFunctionType, FunctionType, MethodType, partial, type)


def refuse_code(model):
    """Raise if a model holds a function, or if a network of ours holds an object of the user's.

    Parameters
    ----------
    model : estimator

    Raises
    ------
    ValueError
        It names the parameter.
    """
    _Search().visit(model, type(model).__name__, "itself")


class _Search:
    """Visits all that a model holds."""

    def __init__(self):
        self._seen = {}  # by id; it keeps the objects alive, so that no id gets another meaning

    def visit(self, value, owner, name, of_network=False):
        """Visit what is in the parameter or attribute `name` of an object of the class `owner`.

        Of a network of ours, the value has to be plain data or another estimator.
        """
        if id(value) in self._seen or value is None or isinstance(value, str | bytes | np.generic):
            return
        self._seen[id(value)] = value
        if isinstance(value, ImageClassifier):
            self._visit_network(value)
        elif _cannot_be_held(value, of_network):
            _refuse(owner, name, _described(value))
        elif isinstance(value, CONTAINERS):
            for each in _items(value):
                self.visit(each, owner, name, of_network)
        elif isinstance(value, FUNCTIONS):
            return
        elif hasattr(value, "get_params"):
            self._visit_estimator(value)
        else:
            for each in getattr(value, "__dict__", {}).values():
                self.visit(each, owner, name)

    def _visit_estimator(self, estimator):
        owner = type(estimator).__name__
        for name, value in vars(estimator).items():
            if name == "memory" and value is not None:
                _refuse(owner, name, "a folder of pickles that a later fit would read")
            self.visit(value, owner, name)

    def _visit_network(self, classifier):
        from skdigits.training._spec import PARAMETERS

        owner = type(classifier).__name__
        state = classifier.__getstate__()
        if "callbacks" in state:
            state["callbacks"] = classifier.callbacks  # pickle gets wrappers of some
        spec = state.pop("_network", {}).get("spec", {})
        options = spec.pop("options", {}).get("pairs", [])
        if state["checkpoint"] is not None:
            _refuse(owner, "checkpoint", "the name of a file to write")
        for name, value in [*state.items(), *options, *spec.items()]:
            self.visit(value, owner, PARAMETERS.get(name, name), of_network=True)


def _cannot_be_held(value, of_network):
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "V" and not value.dtype.names
    if isinstance(value, FUNCTIONS):
        return not _is_of_library(value)
    is_known = isinstance(value, CONTAINERS) or _is_of_library(type(value))
    return issparse(value) or (of_network and not is_known and not hasattr(value, "get_params"))


def _items(container):
    """Return what a container holds, of an array only objects."""
    if isinstance(container, np.ndarray):
        return container.flat if container.dtype == object else ()
    return [*container, *container.values()] if isinstance(container, dict) else container


def _is_of_library(function):
    function = function.func if isinstance(function, partial) else function
    return (getattr(function, "__module__", None) or "").partition(".")[0] in LIBRARIES


def _described(value):
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}"
    if issparse(value):
        return "a sparse matrix"
    if isinstance(value, type):
        return f"the class {_full_name(value)}"
    if isinstance(value, FUNCTIONS) and not isinstance(value, partial):
        return f"the function {_full_name(value)}"
    return f"an object of {_full_name(type(value))}"


def _full_name(value):
    return f"{value.__module__}.{value.__qualname__}" if value.__module__ else value.__qualname__


def _refuse(owner, name, what):
    instead = "its best_estimator_" if name.startswith("param_") else "a model without it"
    raise ValueError(
        f"{owner} cannot be saved in a file without code: its {name!r} holds {what}. Save "
        f"{instead}, or use pickle or joblib, whose files may run code when they are loaded."
    )
