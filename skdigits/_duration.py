"""The length of a training: what `epochs` and `batch_size` mean for a number of images."""

from math import ceil
from numbers import Integral

MOST_IMAGES = 2**31 - 1  # that a graph can count


def resolve_epochs(epochs, n_images, batch_size):
    """Return the number of epochs; for a pair, as many as the least number of steps needs.

    Parameters
    ----------
    epochs : int or (int, int)
        Passes over the images, or the passes and the least number of steps.
    n_images : int
        To train on.
    batch_size : int

    Raises
    ------
    ValueError
        If `epochs` is neither a number nor a pair of whole numbers.
    """
    if isinstance(epochs, Integral):
        return int(epochs)
    pair = tuple(epochs)
    if len(pair) != 2 or not all(isinstance(n, Integral) and int(n) >= 1 for n in pair):
        raise ValueError(
            "The 'epochs' parameter must be a number of passes, or two: the passes and the least "
            f"number of batches, whole numbers of at least 1. Got {epochs!r} instead."
        )
    passes, least_steps = map(int, pair)  # small types of numpy overflow
    steps = max(1, ceil(n_images / batch_size))
    return max(passes, ceil(least_steps / steps))


def resolve_batch_size(batch_size, n_images, largest):
    """Return the number of images in a step; "auto" makes smaller batches of few images."""
    if isinstance(batch_size, Integral):
        return min(int(batch_size), MOST_IMAGES)
    return min(max(n_images // 32, 16), largest)
