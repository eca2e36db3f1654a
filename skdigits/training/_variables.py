"""Read and set the values of all variables of a compiled model, by lasting names."""

import re

import numpy as np

from skdigits._tensorflow import check_process, tf


class Variables:
    """The variables of a model, of its optimizer and of its augmentation, in this order.

    Attributes
    ----------
    shapes : dict of str to tf.TensorShape
        The shape of each variable, by a name that is the same in every process.
    """

    def __init__(self, model, optimizer, augmenter):
        variables = [*model.variables, *optimizer.variables]
        variables += augmenter.variables if augmenter else []
        self._variables = [variable.value for variable in variables]
        names = _names(model, optimizer, augmenter)
        self.shapes = {name: v.shape for name, v in zip(names, self._variables, strict=True)}

    def get(self):
        """Return all values by name, as tensors."""
        check_process()
        read = tf.raw_ops.ReadVariableOp  # faster than a variable's methods
        values = [read(resource=v.handle, dtype=v.dtype) for v in self._variables]
        return dict(zip(self.shapes, values, strict=True))

    def set(self, values):
        """Set all values in order, from tensors or arrays."""
        check_process()
        for variable, value in zip(self._variables, values, strict=True):
            tensor = tf.cast(value, variable.dtype)  # of another type only where `to_array` made it
            tf.raw_ops.AssignVariableOp(resource=variable.handle, value=tensor)


def to_array(value):
    """Return a value as an array that any file can hold; numpy's own files lose bfloat16."""
    array = np.array(value)
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def _names(model, optimizer, augmenter):
    """Return a name for each variable.

    The names are Keras's paths, without numbers that Keras counts through a whole process: those of
    optimizers and of generators of random numbers.
    """
    paths = [f"model/{variable.path}" for variable in model.variables]
    paths += ["optimizer/" + v.path.partition("/")[2] for v in optimizer.variables]
    paths += [f"augmentation/{v.path}" for v in augmenter.variables] if augmenter else []
    names: list = []
    for path in paths:
        name = re.sub(r"seed_generator_\d+", "seed_generator", path)
        n_before = sum(other.partition(":")[0] == name for other in names)
        names.append(f"{name}:{n_before}" if n_before else name)
    return names
