"""Find the networks in an estimator, for displays that look into them."""

from sklearn.utils.validation import check_is_fitted

from skdigits._base import ImageClassifier
from skdigits._classifier_registry import CLASSIFIERS
from skdigits._image_shape import image_or_square
from skdigits._open_estimators import members


def networks(estimator, display):
    """Return the fitted network classifiers in `estimator`, with the transformers before each.

    Parameters
    ----------
    estimator : ImageClassifier, or an estimator that `members` opens
    display : str
        Name of the display, for errors.

    Returns
    -------
    list of (list of transformer, ImageClassifier)
        One pair, or several where the estimator averages.

    Raises
    ------
    TypeError
        If `estimator` is or holds any other classifier.
    NotFittedError
        If `estimator` is not fitted.
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
    """Return the shape of the images of a fitted classifier, (height, width, channels).

    A square number of columns is drawn as a square image, unless `image_shape` says that they are
    columns.

    Raises
    ------
    ValueError
        If the classifier was fitted on columns that are not an image.
    """
    shape = image_or_square(classifier)
    if shape is None:
        raise ValueError(
            f"{display} draws images, but this {type(classifier).__name__} was fitted on "
            f"{classifier.image_shape_[0]} columns; fit it on images, or set its image_shape."
        )
    return shape
