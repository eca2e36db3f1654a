"""The parameters of one training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingParameters:
    """All parameters of a training. The estimator makes it, and the modules below read it.

    Attributes
    ----------
    owner : str
        The estimator's class, for messages.
    build : callable
        Function of :mod:`skdigits.networks`: ``build(input_shape, n_classes, **build_options)``.
    build_options : dict
        By the names of the estimator's parameters.
    may_convolve : bool
        Whether the network may spend most of its time on convolutions.
    input_shape : tuple of int
    n_classes : int
    body : Network, keras.Model or None
        A trained network, to use instead of what `build` returns.
    fine_tune : bool
        Whether to train the body, too.
    epochs : int
    batch_size : int
    in_parts : bool
        Whether the images come in parts, by calls of ``partial_fit``.
    gently : bool
        Whether a part comes after ``fit``, so that it should change little.

    The others are parameters of the estimators; their docstrings describe them.
    """

    owner: str
    build: Callable
    build_options: dict
    may_convolve: bool
    input_shape: tuple
    n_classes: int
    body: Any
    fine_tune: bool
    precision: str
    augmentation: Any
    loss: Any
    optimizer: Any
    learning_rate: float
    weight_decay: float | None
    learning_rate_schedule: Any
    epochs: int
    batch_size: int
    early_stopping: bool
    validation_fraction: float | None
    n_iter_no_change: int
    tol: float
    callbacks: tuple
    verbose: int
    checkpoint: str | None
    in_parts: bool
    gently: bool
