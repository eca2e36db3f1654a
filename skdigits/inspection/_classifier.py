"""Which classifier a display looks into."""

from sklearn.utils.validation import check_is_fitted

from skdigits._base import ImageClassifier


def last_step(estimator):
    """Return the last step of a pipeline, and any other estimator itself."""
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def image_classifier(estimator, display):
    """Return the fitted skdigits classifier that `estimator` is, or ends with.

    Raises
    ------
    TypeError
        For any other estimator.
    NotFittedError
        For one that is not fitted.
    ValueError
        For one that was trained on columns which are no image.
    """
    classifier = last_step(estimator)
    if not isinstance(classifier, ImageClassifier):
        raise TypeError(
            f"{display} looks into a CNNClassifier or MLPClassifier, or a Pipeline that ends with "
            f"one; got {type(classifier).__name__}."
        )
    check_is_fitted(classifier)
    if len(classifier.image_shape_) == 1:
        raise ValueError(
            f"{display} draws images, and this {type(classifier).__name__} was fitted on "
            f"{classifier.image_shape_[0]} columns that are none; fit it on images, or set its "
            "image_shape."
        )
    return classifier
