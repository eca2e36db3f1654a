"""PixelScaler scales pixels to 0..1."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdigits import _constraints as c
from skdigits._pickling import OldPickles
from skdigits.preprocessing._image_input import check_features, check_images
from skdigits.preprocessing._image_output import ImageOutputMixin


class PixelScaler(  # type: ignore[call-arg]
    OldPickles,
    ImageOutputMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,
):
    """Scale images to 0..1 by the smallest and the largest pixel of the training data.

    All pixels share one scale, so that an image keeps its look. scikit-learn's scalers differ in
    this: they give each feature a scale of its own. Values outside the range of the training data
    are not clipped.

    Attributes
    ----------
    data_min_ : float
        The smallest value in the training data; it becomes 0.

    data_max_ : float
        The largest value in the training data; it becomes 1. If all values are equal, they all
        become 0.

    n_features_in_ : int
        Number of values in one image.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns; only present if the training data is a data frame.

    See Also
    --------
    ImageReshaper : Turn rows of pixels into images.
    sklearn.preprocessing.MinMaxScaler : Scale each feature on its own.

    Notes
    -----
    Rows come out in the container that `set_output` or scikit-learn's global `transform_output`
    asks for. Images always come out as an array, because they do not fit into a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.preprocessing import PixelScaler
    >>> X = np.array([[[0, 51], [102, 255]]], dtype=np.uint8)
    >>> PixelScaler().fit_transform(X)
    array([[[0. , 0.2],
            [0.4, 1. ]]], dtype=float32)
    """

    _constraints: dict = {}

    @c.with_checked_parameters
    def fit(self, X, y=None):
        """Learn the range of the pixels.

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
        check_features(self, X, images, reset=True)
        self.data_min_ = float(images.min())
        self.data_max_ = float(images.max())
        return self

    def transform(self, X):
        """Scale images.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            The images, with as many values each as the training images.

        Returns
        -------
        X_scaled : ndarray of the shape of X, float32
            The scaled images. Rows come in the container that `set_output` asks for.
        """
        check_is_fitted(self)
        images = check_images(self, X)
        check_features(self, X, images, reset=False)
        scaled = images.astype(_work_dtype(images.dtype))
        scaled -= self.data_min_
        scaled /= self._range()
        return self._in_container(scaled.astype(np.float32, copy=False), X)

    def inverse_transform(self, X):
        """Bring scaled images back to the range of the training data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, height, width, channels)
            The scaled images.

        Returns
        -------
        X_original : ndarray of the shape of X, float32
            The images in the original range.
        """
        check_is_fitted(self)
        images = check_images(self, X)
        check_features(self, X, images, reset=False)
        original = images.astype(_work_dtype(images.dtype))
        original *= self._range()
        original += self.data_min_
        return original.astype(np.float32, copy=False)

    def _range(self):
        """Return the width of the learned range, or 1 if all values were equal."""
        return self.data_max_ - self.data_min_ or 1.0

    def __sklearn_tags__(self):
        """Return the tags: images are accepted, and the output is float32."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _work_dtype(dtype):
    """Return the float type to calculate in; float32 suffices for 8 and 16 bits and itself."""
    return np.result_type(dtype, np.float32)
