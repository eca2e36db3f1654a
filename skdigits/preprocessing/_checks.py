"""What PixelScaler and ImageReshaper check of their input."""

from sklearn.utils.validation import check_array, validate_data

from skdigits._arrays import as_array


def check_images(estimator, X):
    """Return X as an array of 2, 3 or 4 dimensions, without a copy where it is one already."""
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
    """Check the number of values in one image and their names, or learn both with `reset`.

    `images` is what `check_images` made of X; X itself may be a table with names.
    """
    table = X if images.ndim == 2 else images[:1].reshape(1, -1)
    validate_data(estimator, table, reset=reset, skip_check_array=True)
