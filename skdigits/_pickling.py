"""Pickles of estimators: from older versions, and with callbacks made of lambdas."""

import copy
import inspect
import pickle
from typing import Any

import joblib


def shallow_copy(estimator):
    """Return an estimator with the same attributes, also the same network."""
    twin = object.__new__(type(estimator))
    vars(twin).update(vars(estimator))
    return twin


def parameter_names(kind):
    """Return the names of an estimator class's parameters."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    return [
        each.name for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]


class OldPickles:
    """A mixin that loads pickles of older versions, which had fewer parameters."""

    def __setstate__(self, state):
        """Restore an estimator; parameters that are not in the pickle get their defaults."""
        parameters = inspect.signature(type(self).__init__).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        estimator: Any = super()
        estimator.__setstate__({**defaults, **state})


class PickledCallbacks(OldPickles):
    """A mixin whose pickles can hold Keras callbacks that are made of lambdas.

    `copy.deepcopy` does not use pickles, since it can copy such callbacks.
    """

    def __getstate__(self):
        """Return what to pickle; callbacks that pickle cannot write are written by value."""
        state: Any = super().__getstate__()
        if state.get("callbacks"):
            state = {**state, "callbacks": [_picklable(each) for each in state["callbacks"]]}
        return state

    def __deepcopy__(self, memo):
        twin = memo[id(self)] = type(self).__new__(type(self))
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin


def _picklable(callback):
    try:
        pickle.dumps(callback)
    except Exception:  # objects may raise any error
        return joblib.wrap_non_picklable_objects(callback, keep_wrapper=False)
    return callback
