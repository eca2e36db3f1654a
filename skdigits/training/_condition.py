"""Whether others hold a part of a program's model that they were shown, or have changed it.

Callbacks and users get the model itself, and may keep it, a layer or a weight. A program whose
parts have as many references as when it was taken, and the same attributes, is nobody else's, and
can train another estimator. Python counts the references; those of garbage count, too.
"""

import sys
from types import MethodType

# What Keras sets on a model whenever the model is used.
FUNCTIONS = ("train_function", "test_function", "predict_function")
OF_USE = {*FUNCTIONS, "_called", "_eval_epoch_iterator", "_initial_epoch", "history"}
OF_USE |= {"stop_training", "stop_evaluating", "stop_predicting"}


class Condition:
    """The condition of a program's model at the moment.

    Parameters
    ----------
    program : Program
        Just built, or in a condition that was seen to hold.
    """

    def __init__(self, program):
        self._attributes = [_attributes(part) for part in _parts(program)]
        self._references = _references(program)  # these attributes' own included

    def holds(self, program):
        """Tell whether the condition is still the same."""
        if self._references != _references(program):
            return False
        now = [_attributes(part) for part in _parts(program)]
        return all(map(_same, now, self._attributes))


def _parts(program):
    """Return all that somebody may have taken out of a model and have changed."""
    layers = list(program.model._flatten_layers(include_self=True, recursive=True))
    variables = [*program.model.variables, *program.optimizer.variables]
    return [program.optimizer, *layers, *variables]


def _references(program):
    """Return the number of references to each part, and to the tensors between layers."""
    parts = _parts(program)
    nodes = [node for part in parts for node in getattr(part, "_inbound_nodes", [])]
    values = [part.value for part in parts if hasattr(part, "handle")]
    tensors = [tensor for node in nodes for tensor in node.output_tensors]
    counts = [sys.getrefcount(each) for group in (parts, values, tensors) for each in group]
    counts[parts.index(program.model)] -= _references_of_functions(program.model)
    return counts


def _references_of_functions(model):
    """Return how many references the functions hold that Keras has made of a model."""
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
