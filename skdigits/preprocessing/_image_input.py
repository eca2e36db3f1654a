"""Checks of the images that PixelScaler and ImageReshaper take."""

from sklearn.utils.validation import check_array, validate_data

from skdigits._arrays import as_array


def check_images(estimator, X):
    """Return X as an array of 2, 3 or 4 dimensions; an array is not copied."""
    images = check_array(as_array(X), allow_nd=True, estimator=estimator, input_name="X")
    if images.ndim > 4:
        raise ValueError(
            f"X has {images.ndim} dimensions, but {type(estimator).__name__} takes 2 to 4: "
            "(n_samples, n_features), (n_samples, height, width) or "
            "(n_samples, height, width, channels)."
        )
    if images.size == 0:
        raise ValueError(f"X has shape {images.shape}: its images hold no pixels.")
    return images


def check_features(estimator, X, images, *, reset):
    """Check the number of values of an image and the names of columns; learn both if `reset`.

    `images` is the array that `check_images` made of X. X itself may be a data frame, with names.
    """
    n_values = images[0].size
    if images.ndim > 2 and not reset and n_values != estimator.n_features_in_:
        raise ValueError(
            f"X has images of shape {images.shape[1:]}, {n_values} values each, but "
            f"{type(estimator).__name__} is expecting {estimator.n_features_in_} features as input."
        )
    table = X if images.ndim == 2 else images[:1].reshape(1, -1)
    validate_data(estimator, table, reset=reset, skip_check_array=True)
