"""Turn the inputs of a model into images to draw."""

import math

import numpy as np
from scipy.sparse import issparse

from skdigits._arrays import as_array
from skdigits._image_shape import square_shape
from skdigits._open_estimators import members


def as_images(X, shape=None):
    """Return images, or rows of pixels, as an array of images to draw.

    Parameters
    ----------
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_pixels)
        The images or rows. May also be a list, a data frame or a sparse matrix.
    shape : tuple of int, default=None
        (height, width, channels) of one row, used if X has rows with as many values. Other rows
        are taken to be square and grey.

    Returns
    -------
    ndarray of shape (n_images, height, width) or (n_images, height, width, 3)
        Grey images, or colour images if there are three channels. For other numbers of channels,
        the mean of the channels.

    Raises
    ------
    TypeError, ValueError
        If X cannot be drawn as images.
    """
    X = as_array(X)
    X = np.asarray(X.toarray() if issparse(X) else X)
    if X.dtype == object:
        X = X.astype(float)
    if X.ndim == 2:
        X = X.reshape(len(X), *_shape_of_row(X.shape[1], shape))
    if X.ndim not in (3, 4) or X.dtype.kind not in "biuf":
        raise ValueError(
            "Only images of shape (n_images, height, width[, channels]) and rows of pixels can be "
            f"drawn; got an array of shape {X.shape}, {X.dtype}."
        )
    if X.ndim == 4 and X.shape[3] != 3:
        return X[..., 0] if X.shape[3] == 1 else X.mean(axis=3)
    return X


def _shape_of_row(n_features, shape):
    if shape is not None and len(shape) == 3 and math.prod(shape) == n_features:
        return shape
    square = square_shape(n_features)
    if square is None:
        raise ValueError(
            f"X has rows of {n_features} values, which do not make a square image; give images of "
            "shape (n_images, height, width[, channels])."
        )
    return square


def images_of(estimator, X):
    """Return images to draw from the input X of `estimator`.

    If X cannot be drawn, as paths of pictures cannot, the images are those that the first steps of
    a pipeline make of X.
    """
    steps, classifier = members(estimator)[0]
    try:
        return as_images(X, getattr(classifier, "image_shape_", None))
    except ValueError:
        images = transformed(steps, X)
        if not steps or np.ndim(images) < 3:
            raise
    return as_images(images)


def transformed(steps, X):
    """Return X after fitted transformers, in their order."""
    for step in steps:
        X = step.transform(X)
    return X
