"""Pickles of estimators: those of older versions, and callbacks that pickle cannot find by name."""

import copy
import inspect
import pickle
from typing import Any

import joblib


class OldPickles:
    """A mixin whose pickles load where the class has got more parameters meanwhile."""

    def __setstate__(self, state):
        """Restore an estimator; a parameter that did not exist when it was pickled: its default."""
        parameters = inspect.signature(type(self).__init__).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        estimator: Any = super()
        estimator.__setstate__({**defaults, **state})


class PickledCallbacks(OldPickles):
    """A mixin whose pickles hold Keras callbacks made of lambdas, too.

    Copies hold the very callbacks, or copies of these: they need no such detour.
    """

    def __getstate__(self):
        """Return what is pickled; callbacks by value where pickle can't find their functions."""
        state: Any = super().__getstate__()
        if state.get("callbacks"):
            state = {**state, "callbacks": [_picklable(each) for each in state["callbacks"]]}
        return state

    def __copy__(self):
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self, memo):
        twin = memo[id(self)] = type(self).__new__(type(self))
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin


def _picklable(callback):
    try:
        pickle.dumps(callback)
    except Exception:  # objects raise what they like
        return joblib.wrap_non_picklable_objects(callback, keep_wrapper=False)
    return callback
