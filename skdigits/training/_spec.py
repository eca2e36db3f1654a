"""Descriptions of networks, and when two of them describe the same one."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdigits._tensorflow import keras
from skdigits.training._frozen import UnknownError, freeze


@dataclass(frozen=True)
class NetworkSpec:
    """All that fixes a program: two equal specs give programs that can stand in for each other.

    Attributes
    ----------
    build : callable
        ``build(input_shape, n_classes, **options)`` gives a Keras model.
    input_shape : tuple of int
    n_classes : int
    options : dict
        Further arguments of `build`.
    augmentation : None, str, keras.Layer or tuple of these
        What changes the images of a training step.
    optimizer : str or keras.optimizers.Optimizer
    weight_decay : float or None
        Of an optimizer given by name, on kernels; None leaves it as Keras has it.
    loss : str or keras.losses.Loss
    schedule : str or keras.optimizers.schedules.LearningRateSchedule
        "constant" leaves the learning rate to the optimizer, "one_cycle" has it set at each step;
        a Keras schedule is built into the optimizer.
    """

    build: Any
    input_shape: tuple
    n_classes: int
    options: dict = field(default_factory=dict)
    augmentation: Any = None
    optimizer: Any = "adam"
    weight_decay: Any = None
    loss: Any = "sparse_categorical_crossentropy"
    schedule: Any = "constant"

    def key(self):
        """Return a hashable value that equal specs share, or None where that cannot be known."""
        try:
            return freeze(vars(self))
        except UnknownError:
            return None

    def differences(self, other):
        """Return the names of the parameters in which another spec is known to differ."""
        if self.build is not other.build:  # then their options are others too
            return ["transfer_from"]
        mine, others = ({**vars(spec), **spec.options} for spec in (self, other))
        changed = [name for name in mine if name != "options" and _differ(mine[name], others[name])]
        return ["transfer_from" if name == "body" else name for name in changed]


def _differ(one, other):
    if isinstance(one, keras.Model) and isinstance(other, keras.Model):
        pairs = itertools.zip_longest(one.get_weights(), other.get_weights())
        return one is not other and not all(np.array_equal(*pair) for pair in pairs)
    try:
        return freeze(one) != freeze(other)
    except UnknownError:
        return one is not other
