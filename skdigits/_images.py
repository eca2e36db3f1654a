"""Which image shape an array holds: the one place that decides it."""

from math import isqrt, prod
from numbers import Integral

import numpy as np

SMALLEST_SQUARE = 4  # 9 or fewer columns make no picture


def to_rows(X, name):
    """Flatten images to rows, and tell the shape that each had.

    Parameters
    ----------
    X : array-like of shape (n, features), (n, h, w) or (n, h, w, c)

    name : str
        The estimator's name, for errors.

    Returns
    -------
    X : array-like of shape (n, features)
        Anything but images is returned as it came, for scikit-learn to check.

    shape : tuple of int or None
        (h, w, c), or None for rows.

    Raises
    ------
    ValueError
        For more than four dimensions.
    """
    if isinstance(X, list | tuple):
        X = np.asarray(X)
    n_dims = len(getattr(X, "shape", ()))
    if n_dims > 4:
        raise ValueError(
            f"{name} takes X of shape (n, features), (n, h, w) or (n, h, w, c); "
            f"got {n_dims} dimensions."
        )
    if n_dims < 3:
        return X, None
    X = np.asarray(X)
    shape = (*X.shape[1:], 1) if n_dims == 3 else X.shape[1:]
    return X.reshape(len(X), prod(shape)), shape


def resolve_shape(image_shape, given, n_features):
    """Decide the image shape to train on.

    Parameters
    ----------
    image_shape : tuple of int or None
        The parameter: (h, w), (h, w, c) or None.

    given : tuple of int or None
        The shape of X's images, None if X has rows.

    n_features : int
        Values a sample.

    Returns
    -------
    tuple of int
        (h, w, c); or (n_features,) for rows that are no square image.

    Raises
    ------
    ValueError
        If `image_shape` does not match X.
    """
    if image_shape is not None:
        wanted = tuple(image_shape)
        whole = all(isinstance(n, Integral) and int(n) >= 1 for n in wanted)
        if len(wanted) not in (2, 3) or not whole:
            raise ValueError(
                f"The 'image_shape' parameter must be (h, w) or (h, w, c), whole numbers of at "
                f"least 1; got {image_shape!r}."
            )
        wanted = (*wanted, 1) if len(wanted) == 2 else wanted
        if prod(wanted) != n_features or given not in (None, wanted):
            found = f"{n_features} features" if given is None else f"images of {_text(given)}"
            raise ValueError(
                f"X has {found}, which does not match image_shape={tuple(image_shape)}."
            )
        return wanted
    if given is not None:
        return given
    side = isqrt(n_features)
    return (side, side, 1) if side * side == n_features >= SMALLEST_SQUARE**2 else (n_features,)


def check_same_shape(given, expected, name):
    """Raise if X's images have another shape than those of `fit`, though as many values."""
    if given not in (None, expected):
        raise ValueError(
            f"X has images of {_text(given)}, but {name} was fitted on {_text(expected)}."
        )


def refuse_single_image(X, expected):
    """Raise if X is one image where a batch is wanted, which would pass for rows of pixels."""
    if len(expected) == 3 and np.shape(X) in (expected, expected[:-1]):
        raise ValueError(
            f"X has shape {np.shape(X)}, that of one image; give a batch of images, of one with "
            "X[np.newaxis]."
        )


def moments(images, rows):
    """Mean and variance of each channel of images, or of each column of rows.

    Parameters
    ----------
    images : ndarray of shape (n, ..., c)

    rows : ndarray of int
        Which to use.

    Returns
    -------
    mean, variance : ndarray of shape (c,), float32
        The variance is 1 where all values are the same.

    Raises
    ------
    ValueError
        For values so large that their variance is no float32.
    """
    n_channels = images.shape[-1]
    total, count = np.zeros((2, n_channels)), 0
    shift = images[rows[0]].reshape(-1, n_channels).mean(axis=0, dtype=float).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(rows), 1024):  # bounds the memory of the float copy
            part = images[rows[start : start + 1024]].reshape(-1, n_channels) - shift
            total += part.sum(axis=0, dtype=float), np.square(part).sum(axis=0, dtype=float)
            count += len(part)
        mean = total[0] / count
        variance = np.maximum(total[1] / count - mean**2, 0).astype(np.float32)
    if not np.isfinite(variance).all():
        raise ValueError("X holds values beyond 1e18, too large to standardise; scale them down.")
    variance[variance == 0] = 1
    return (mean + shift).astype(np.float32), variance


def _text(shape):
    return " x ".join(str(n) for n in shape)
