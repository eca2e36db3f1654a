"""Which networks a display looks into."""

from sklearn.utils.validation import check_is_fitted

from skdigits._base import ImageClassifier
from skdigits._members import members
from skdigits._registry import CLASSIFIERS
from skdigits.inspection._drawn_images import square_shape


def networks(estimator, display):
    """Return the fitted skdigits classifiers in `estimator`, with what comes before each.

    Parameters
    ----------
    estimator : ImageClassifier, or what `members` opens
    display : str
        Who asks, for errors.

    Returns
    -------
    list of (list of transformer, ImageClassifier)
        More than one where the estimator averages.

    Raises
    ------
    TypeError
        For any other estimator.
    NotFittedError
        For one that is not fitted.
    """
    found = members(estimator)
    for _, classifier in found:
        if not isinstance(classifier, ImageClassifier):
            raise TypeError(
                f"{display} needs a network of skdigits ({', '.join(CLASSIFIERS)}), by itself or "
                "in a Pipeline, a search, an AveragingClassifier or a CalibratedClassifierCV; got "
                f"{type(classifier).__name__}."
            )
        check_is_fitted(classifier)
    return found


def image_shape(classifier, display):
    """Return the shape of the images that a fitted classifier sees, (height, width, channels).

    Columns of a square number are drawn as square images, unless they were said to be columns.

    Raises
    ------
    ValueError
        For a classifier of columns that make no image.
    """
    shape = classifier.image_shape_
    if len(shape) == 1:
        shape = square_shape(shape[0]) if classifier.image_shape is None else None
    if shape is None:
        raise ValueError(
            f"{display} draws images, and this {type(classifier).__name__} was fitted on "
            f"{classifier.image_shape_[0]} columns that are none; fit it on images, or set its "
            "image_shape."
        )
    return shape
