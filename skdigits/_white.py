"""Which value a model takes for white: the scale of the images that it has learned from."""

import numpy as np
from sklearn.pipeline import Pipeline

from skdigits.preprocessing import ImageReshaper

WHITES = (1, 16, 255, 65535)  # scaled pixels, scikit-learn's digits, 8 and 16 bits
USUAL = 255


def white_of(estimator):
    """Return the value of white in the training images of a fitted estimator; 255 if unknown."""
    largest = _largest_value(estimator)
    if largest is None:
        return USUAL
    return next((white for white in WHITES if largest <= white), USUAL)


def _largest_value(estimator):
    """Return the largest value in the training, or None if the estimator does not know it."""
    if isinstance(estimator, Pipeline):
        steps = (step for _, step in estimator.steps if step not in (None, "passthrough"))
        return _largest_value(next(s for s in steps if not isinstance(s, ImageReshaper)))
    if hasattr(estimator, "data_max_"):  # of PixelScaler and MinMaxScaler
        return float(np.max(estimator.data_max_))
    if getattr(estimator, "_scale", None) is not None:  # of our classifiers
        return float(np.max(estimator._scale.high * estimator.unit_ + estimator.offset_))
    for name in ("best_estimator_", "estimators_", "calibrated_classifiers_", "estimator"):
        held = getattr(estimator, name, None)
        for each in held if isinstance(held, list | tuple) else [held]:
            if each is not None and (found := _largest_value(each)) is not None:
                return found
    return None
