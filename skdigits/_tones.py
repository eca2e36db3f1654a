"""Which values a model takes for black and for white: the scale of its training images."""

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.pipeline import Pipeline

from skdigits._nested import held_by
from skdigits.preprocessing import ImageReshaper

BYTES = (0, 255)
# Fractions, scikit-learn's digits, 8 to 16 bits, and fractions around 0.
USUAL = ((0, 1), (0, 16), BYTES, (0, 1023), (0, 4095), (0, 16383), (0, 65535), (-0.5, 0.5), (-1, 1))
NEAR = 0.5  # the share of the ends of a usual scale that the training images have to reach
SMALL = 16  # whole numbers up to here may have a smaller scale than bytes
ROUNDING = 1e-4  # of the range, by scalers


def tones_of(estimator):
    """Return the values of black and of white in the training images of a fitted estimator.

    Images have a usual scale if they reach half of its white, and of its black if that is negative.
    All others have their own smallest and largest value. (0, 255) if the estimator does not know.
    """
    found = _range(estimator)
    if found is None or not np.min(found) < np.max(found):
        return BYTES
    low, high = float(np.min(found)), float(np.max(found))
    rounding = ROUNDING * (high - low)
    low = 0 if abs(low) <= rounding else low
    for black, white in USUAL:
        is_inside = black <= low + rounding and high - rounding <= white
        if is_inside and high >= NEAR * white and min(low, 0) <= NEAR * black:
            return black, white
    return low, high


def takes_bytes(estimator):
    """Return whether the training images of a fitted estimator were of uint8, as far as it knows.

    Of masks, or of digits of 16 tones, such a network knows no values between the whole numbers.
    """
    if isinstance(estimator, Pipeline):
        *before, last = _steps_that_change(estimator)
        return not before and takes_bytes(last)
    if (scale := getattr(estimator, "_scale", None)) is not None:
        return scale.low.dtype == np.uint8
    known = [each for each in held_by(estimator) if _range(each) is not None]
    return bool(known) and takes_bytes(known[0])


def _steps_that_change(pipeline):
    """Return the steps of a pipeline without those that leave the values as they are."""
    return [step for step in held_by(pipeline) if not isinstance(step, ImageReshaper)]


def _range(estimator):
    """Return the smallest and the largest values in the training, or None.

    Both are for all values, for each channel or for each column.
    """
    if isinstance(estimator, Pipeline):
        return _range_before(_steps_that_change(estimator))
    if (scale := getattr(estimator, "_scale", None)) is not None:  # of our classifiers
        if scale.low.dtype == np.uint8 and np.max(scale.high) > SMALL:
            return np.array(BYTES)
        return np.stack([scale.low, scale.high]) * estimator.unit_ + estimator.offset_
    ranges = (_range(each) for each in held_by(estimator))
    return next((found for found in ranges if found is not None), None)


def _range_before(steps):
    """Return the range of what the first of some steps has learned from, as `_range` does."""
    first, *others = steps
    if not others:
        return _range(first)
    if hasattr(first, "data_max_"):  # of PixelScaler and MinMaxScaler
        return np.stack([first.data_min_, first.data_max_])
    found = _range_before(others)
    if found is not None and _scales_columns(first) and found.shape[1:] == (first.n_features_in_,):
        return first.inverse_transform(found)
    return _range_of_moments(first)


def _scales_columns(step):
    """Return whether a step gives each column another scale, as those of scikit-learn do."""
    return isinstance(step, OneToOneFeatureMixin) and hasattr(step, "inverse_transform")


def _range_of_moments(step):
    """Return the range of pixels whose means and variances a StandardScaler knows, or None.

    Black is 0 or, below that, the value of a pixel that hardly changes, as in the corner of digits.
    Values from black to white have a variance of at most (mean - black) * (white - mean).
    """
    if getattr(step, "var_", None) is None:
        return None
    mean, var = step.mean_, step.var_
    black = min(0, mean.min())
    if black < 0 and var[mean.argmin()] > ROUNDING * var.max():
        return None
    mean, var = mean[mean > black], var[mean > black]
    return np.array([black, np.max(mean + var / (mean - black), initial=black)])
