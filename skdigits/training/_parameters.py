"""What an estimator's parameters say about its network and one training of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingParameters:
    """All that a training is told: made by an estimator, read by everything below it.

    Attributes
    ----------
    owner : str
        The estimator's class, for messages.
    build : callable
        Function of :mod:`skdigits.networks`: ``build(input_shape, n_classes, **build_options)``.
    build_options : dict
        By the names of the estimator's parameters.
    may_convolve : bool
        Whether the time of the network may go into convolutions.
    input_shape : tuple of int
    n_classes : int
    body : keras.Model or None
        A network that has learned already, to take in place of what `build` gives.
    fine_tune : bool
        Whether the body is trained, too.
    epochs : int
    batch_size : int
    in_parts : bool
        Whether the images come in parts, by calls of ``partial_fit``.
    gently : bool
        Whether a part comes after a ``fit``, of which little is to be lost.

    All others are parameters of the estimators, see there.
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
    in_parts: bool = False
    gently: bool = False
