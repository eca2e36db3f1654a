"""ImageReshaper turns rows of pixels into images."""

import math
from numbers import Integral

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdigits import _constraints as c
from skdigits._image_shape import without_channel
from skdigits._pickling import OldPickles
from skdigits.preprocessing._image_input import check_features, check_images
from skdigits.preprocessing._image_output import ImageOutputMixin


class ImageReshaper(  # type: ignore[call-arg]
    OldPickles, ImageOutputMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Turn rows of pixels into images.

    The pixels of a row are read line by line, and channel by channel within a pixel. Values keep
    their dtype, and are copied only if numpy cannot avoid it.

    Parameters
    ----------
    image_shape : tuple of int, default=None
        Shape of one image, (height, width) or (height, width, channels). None keeps images as
        they are, and takes rows as square images of one channel. If the number of pixels is not a
        square, a row becomes an image of height 1. Set it if images are not square or have several
        channels.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of one image.

    n_features_in_ : int
        Number of values in one image.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns; only present if the training data is a data frame.

    See Also
    --------
    PixelScaler : Bring pixels into the range 0..1.

    Notes
    -----
    The output is always an array, whatever `set_output` or scikit-learn's global
    `transform_output` say, because images do not fit into a data frame. For the same reason there
    is no `get_feature_names_out`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.preprocessing import ImageReshaper
    >>> X = np.zeros((5, 784), dtype=np.uint8)
    >>> ImageReshaper().fit_transform(X).shape
    (5, 28, 28)
    >>> ImageReshaper(image_shape=(14, 28, 2)).fit_transform(X).shape
    (5, 14, 28, 2)
    """

    _constraints: dict = {"image_shape": [c.ARRAY_LIKE, c.NONE]}

    def __init__(self, image_shape=None):
        self.image_shape = image_shape

    @c.with_checked_parameters
    def fit(self, X, y=None):
        """Find the shape of an image, and check that the data fits it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            The training images, of any real dtype.

        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        images = check_images(self, X)
        given = self.image_shape is not None
        shape = _check_shape(self.image_shape) if given else _guess_shape(images)
        _check_fits(images, shape)
        # This comes last, so that bad data leaves the transformer as it was.
        check_features(self, X, images, reset=True)
        self.image_shape_ = shape
        return self

    def transform(self, X):
        """Give each image its shape.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            Rows of pixels, or images of shape `image_shape_`. The axis of a single channel may be
            there or not.

        Returns
        -------
        images : ndarray of shape (n_samples, height, width, channels)
            The images, in the dtype of X.
        """
        images = self._check_like_training(X)
        return self._in_container(images.reshape(len(images), *self.image_shape_), X)

    def inverse_transform(self, X):
        """Turn images into rows of pixels.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width) or \
                (n_samples, height, width, channels)
            The images.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            The pixels, in the dtype of X.
        """
        images = self._check_like_training(X)
        return images.reshape(len(images), -1)

    def _check_like_training(self, X):
        """Return X as an array that can be reshaped to the learned shape."""
        check_is_fitted(self)
        images = check_images(self, X)
        check_features(self, X, images, reset=False)
        _check_fits(images, self.image_shape_)
        return images

    def __sklearn_tags__(self):
        """Return the tags: images are accepted, and every dtype is kept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32", "uint8"]
        return tags


def _check_shape(image_shape):
    """Return a given image shape as a tuple of int, or raise ValueError."""
    shape = tuple(image_shape)
    integers = all(isinstance(size, Integral) and not isinstance(size, bool) for size in shape)
    if len(shape) not in (2, 3) or not integers or min(shape) < 1:
        raise ValueError(
            f"image_shape={image_shape!r} must be (height, width) or (height, width, channels), "
            "all integers above 0."
        )
    return tuple(int(size) for size in shape)


def _check_fits(images, shape):
    """Raise ValueError if images have another number of values, or another shape."""
    if images[0].size != math.prod(shape):
        raise ValueError(
            f"X has {images[0].size} values per image, but image_shape={shape} needs "
            f"{math.prod(shape)}."
        )
    found = images.shape[1:]
    if images.ndim > 2 and without_channel(found) != without_channel(shape):
        raise ValueError(
            f"X has images of shape {found}, but image_shape={shape}: reshaping would scramble "
            "them. Flatten X to 2 dimensions if that is what you want."
        )


def _guess_shape(images):
    """Return the shape of one image; rows are square images if their length allows it."""
    if images.ndim > 2:
        return images.shape[1:]
    n_features = images.shape[1]
    side = math.isqrt(n_features)
    return (side, side) if side * side == n_features else (1, n_features)
