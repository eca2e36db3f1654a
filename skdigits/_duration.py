"""How long to train: what `epochs` and `batch_size` mean for a number of images."""

from math import ceil
from numbers import Integral

from sklearn.utils.validation import _num_samples


def resolve_epochs(estimator, X):
    """Return the number of epochs: of a pair, more than the first where that is few steps.

    Raises
    ------
    ValueError
        For a pair that is none.
    """
    if isinstance(estimator.epochs, Integral):
        return estimator.epochs
    pair = tuple(estimator.epochs)
    if len(pair) != 2 or not all(isinstance(n, Integral) and int(n) >= 1 for n in pair):
        raise ValueError(
            f"The 'epochs' parameter of {type(estimator).__name__} must be a number of passes, or "
            "two: the passes and the least number of batches, whole numbers of at least 1. Got "
            f"{estimator.epochs!r} instead."
        )
    passes, least_steps = pair
    try:
        n_images = _num_samples(X)
    except TypeError:
        return passes  # X is nothing to train on, as the validation will say
    steps = max(1, ceil(n_images / resolve_batch_size(estimator, n_images)))
    return max(passes, ceil(least_steps / steps))


def resolve_batch_size(estimator, n_images):
    """Return the number of images a step: "auto" takes fewer of few, whose steps so cost less."""
    if isinstance(estimator.batch_size, Integral):
        return int(estimator.batch_size)
    return min(max(n_images // 32, 16), 128)
