"""Tell whether others hold a part of a compiled model, or have changed it.

Callbacks and users get the model itself, and may keep it, a layer or a weight. If all its parts
have the same attributes and as many references as when it was taken, then nobody else holds it, and
it can train another estimator. Python counts the references. References from garbage count, too.
"""

import sys
from types import MethodType

from skdigits._private_names import SET_BY_USE, connections, layers_in

# Attributes that Keras sets when a model is used: functions that refer to the model ...
FUNCTIONS = ("train_function", "test_function", "predict_function")
# ... and others.
OF_USE = {*FUNCTIONS, *SET_BY_USE, "history"}
OF_USE |= {"stop_training", "stop_evaluating", "stop_predicting"}


class Condition:
    """The condition of a compiled model at one moment.

    Parameters
    ----------
    compiled : CompiledModel
        Just built, or just checked by `holds`.
    """

    def __init__(self, compiled):
        self._attributes = [_attributes(part) for part in _parts(compiled)]
        self._references = _references(compiled)  # includes those of the line above

    def holds(self, compiled):
        """Tell whether the condition is still the same."""
        references = _references(compiled)
        if references is None or references != self._references:
            return False
        now = [_attributes(part) for part in _parts(compiled)]
        return all(map(_same, now, self._attributes))


def _parts(compiled):
    """Return all parts of a model that somebody may have kept or changed."""
    layers = [compiled.model, *layers_in(compiled.model)]
    variables = [*compiled.model.variables, *compiled.optimizer.variables]
    return [compiled.optimizer, *layers, *variables]


def _references(compiled):
    """Return the number of references to each part, and to the tensors between layers.

    Return None if Keras does not tell the tensors.
    """
    parts = _parts(compiled)
    nodes = [connections(layer) for layer in [compiled.model, *layers_in(compiled.model)]]
    if any(each is None for each in nodes):
        return None
    values = [part.value for part in parts if hasattr(part, "handle")]
    tensors = [tensor for each in nodes for node in each for tensor in node.output_tensors]
    counts = [sys.getrefcount(each) for group in (parts, values, tensors) for each in group]
    counts[parts.index(compiled.model)] -= _references_of_functions(compiled.model)
    return counts


def _references_of_functions(model):
    """Return how many references to a model the functions hold that Keras has made of it."""
    left = [getattr(model, name) for name in FUNCTIONS]
    holders: dict = {}  # by id: cells of closures, and bound methods
    while left:
        each = left.pop()
        each = getattr(each, "python_function", each)  # of a tf.function
        if isinstance(each, MethodType) and each.__self__ is model:
            holders[id(each)] = each
        for cell in getattr(each, "__closure__", None) or ():
            if cell.cell_contents is model:
                holders[id(cell)] = cell
            elif id(cell) not in holders and callable(cell.cell_contents):
                holders[id(cell)] = None
                left.append(cell.cell_contents)
    return sum(holder is not None for holder in holders.values())


def _attributes(part):
    return {name: value for name, value in vars(part).items() if name not in OF_USE}


def _same(one, other):
    return one.keys() == other.keys() and all(one[name] is other[name] for name in one)
