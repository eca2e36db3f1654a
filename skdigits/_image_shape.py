"""Decide which image shape an array of training images holds."""

from math import isqrt, prod
from numbers import Integral

import numpy as np

from skdigits._warnings import warn

SMALLEST_SQUARE = 4  # 9 or fewer columns are not an image
MOST_COLOURS = 4


def with_channel(shape):
    """Return (h, w, 1) for (h, w), and any other shape as it is."""
    return (*shape, 1) if len(shape) == 2 else tuple(shape)


def without_channel(shape):
    """Return (h, w) for (h, w, 1), and any other shape as it is."""
    return shape[:2] if len(shape) == 3 and shape[2] == 1 else shape


def to_rows(X, name):
    """Flatten images to rows.

    Parameters
    ----------
    X : ndarray of shape (n, features), (n, h, w) or (n, h, w, c), or data frame

    name : str
        The estimator's name, for errors.

    Returns
    -------
    X : ndarray of shape (n, features)
        Rows and data frames are returned as they are, for scikit-learn to check.

    shape : tuple of int or None
        Shape of each image, (h, w, c); None for rows.

    Raises
    ------
    ValueError
        For more than four dimensions.
    """
    n_dims = len(getattr(X, "shape", ()))
    if n_dims > 4:
        raise ValueError(
            f"{name} takes X of shape (n, features), (n, h, w) or (n, h, w, c); "
            f"got {n_dims} dimensions."
        )
    if n_dims < 3:
        return X, None
    shape = with_channel(X.shape[1:])
    return X.reshape(len(X), prod(shape)), shape


def square_shape(n_features):
    """Return the shape of a square grey image of so many pixels, (h, w, 1), or None."""
    side = isqrt(n_features)
    return (side, side, 1) if side * side == n_features >= SMALLEST_SQUARE**2 else None


def image_or_square(estimator):
    """Return the shape of the images of a fitted estimator, (h, w[, c]), or None for columns.

    A square number of columns is a square image, unless `image_shape` says that they are columns.
    """
    shape = estimator.image_shape_
    if len(shape) > 1:
        return tuple(shape)
    return square_shape(*shape) if estimator.image_shape is None else None


def resolve_shape(image_shape, given, n_features, *, square_rows):
    """Decide the image shape to train on.

    Parameters
    ----------
    image_shape : tuple of int or None
        The parameter: (h, w), (h, w, c), (n_features,) or None.

    given : tuple of int or None
        The shape of X's images, None if X has rows.

    n_features : int
        Values a sample.

    square_rows : bool
        Whether rows of a square number of values are square images when `image_shape` is None.

    Returns
    -------
    tuple of int
        (h, w, c); or (n_features,) for columns.

    Raises
    ------
    ValueError
        If `image_shape` is not a shape, or does not match X.
    """
    if image_shape is not None:
        wanted = _check_shape(image_shape)
        if prod(wanted) != n_features or given not in (None, wanted):
            found = f"{n_features} features" if given is None else f"images of {in_pixels(given)}"
            raise ValueError(
                f"X has {found}, which does not match image_shape={tuple(image_shape)}."
            )
        return wanted
    if given is not None:
        return given
    square = square_shape(n_features) if square_rows else None
    return square or (n_features,)


def _check_shape(image_shape):
    """Return the `image_shape` parameter as a shape of images with channels, or of columns."""
    shape = tuple(image_shape)
    whole = all(isinstance(n, Integral) and int(n) >= 1 for n in shape)
    if len(shape) not in (1, 2, 3) or not whole:
        raise ValueError(
            "The 'image_shape' parameter must be (h, w) or (h, w, c) for images, or (n,) for n "
            f"columns, in whole numbers of at least 1; got {image_shape!r}."
        )
    return with_channel(tuple(int(n) for n in shape))


def check_same_shape(rows, given, expected, name):
    """Raise ValueError if images have another shape than those of `fit`.

    Parameters
    ----------
    rows : ndarray of shape (n, features), or data frame
        The images as rows; scikit-learn checks data frames.
    given : tuple of int or None
        The shape of each image, (h, w, c); None for rows.
    expected : tuple of int
        The shape of the images of `fit`, or (n_features,) for columns.
    name : str
        The estimator's name.
    """
    if given is None:
        _check_same_size(rows, expected, name)
        return
    if given == expected:
        return
    if len(expected) == 1:
        same_size = prod(given) == expected[0]
        hint = ": give rows, X.reshape(len(X), -1)" if same_size else ""
        raise ValueError(
            f"X has images of {in_pixels(given)}, but {name} was fitted on {expected[0]} "
            f"columns{hint}."
        )
    hint = ": channels come last, np.moveaxis(X, 1, -1)" if given == _first(expected) else ""
    with_channels = given[2] != expected[2]
    raise ValueError(
        f"X has images of {in_pixels(given, with_channels)}, but {name} was fitted on "
        f"{in_pixels(expected, with_channels)}{hint}."
    )


def check_same_parameter(image_shape, expected):
    """Raise ValueError if the parameter gives another shape than that of the first training."""
    if image_shape is not None and _check_shape(image_shape) != expected:
        raise ValueError(
            "Training cannot go on with another 'image_shape' than it began with, "
            f"{expected}; call fit with warm_start=False to train a new network."
        )


def _check_same_size(rows, expected, name):
    """Raise ValueError if an array of rows cannot be images of a shape; columns are not checked."""
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and len(expected) == 3:
        n_features = rows.shape[1]
        if n_features != prod(expected):  # the words of scikit-learn, and the size of the images
            raise ValueError(
                f"X has {n_features} features, but {name} is expecting {prod(expected)} features "
                f"as input: images of {in_pixels(expected)}."
            )


def in_pixels(shape, with_channels=None):
    """Return a shape of images (h, w, c) as text; None names the channels if there are several."""
    height, width, channels = shape
    if with_channels is None:
        with_channels = channels > 1
    ending = f" with {channels} channel{'s' if channels > 1 else ''}" if with_channels else ""
    return f"{height} x {width} pixels{ending}"


def channels_first(shape):
    """Return whether the channels of a shape of images seem to come first.

    They do if the images would otherwise have up to four rows of pixels, and about as many channels
    as pixels in a row. Signals with several channels do not have that shape.
    """
    channels, height, width = shape
    many = MOST_COLOURS < height <= 4 * width and MOST_COLOURS < width <= 4 * height
    return channels <= MOST_COLOURS and many


def warn_of_channels_first(shape):
    """Warn if the channels of the images in X seem to come first."""
    if channels_first(shape):
        channels, height, width = shape
        warn(
            f"X has the shape (n, {channels}, {height}, {width}), and channels come last. If its "
            f"images have {height} x {width} pixels, give np.moveaxis(X, 1, -1). If they do have "
            f"{width} channels, set image_shape={shape}."
        )


def _first(shape):
    """Return the shape of images when their channels come first."""
    return (shape[-1], *shape[:-1])


def refuse_single_image(X, expected):
    """Raise ValueError if X is one image instead of a batch; its rows could pass for images."""
    shape = np.shape(X)
    one_row = shape == (1, prod(expected))  # an image one pixel high, which is also a batch
    if len(expected) == 3 and shape in (expected, expected[:-1]) and not one_row:
        raise ValueError(
            f"X has shape {shape}, that of one image; give a batch of images, X[np.newaxis] for a "
            "single image."
        )
