"""Open estimators that hold others, to find the fitted ones that do the work."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import DigitNormalizer


def without_normalizer(model):
    """Return what is behind a DigitNormalizer at the beginning, and whether there was one.

    A search is opened to its best estimator.
    """
    model = getattr(model, "best_estimator_", model)
    # A subclass may do something else.
    if isinstance(model, Pipeline) and type(model[0]) is DigitNormalizer and len(model) > 1:
        return model[1:] if len(model) > 2 else model[1], True
    return model, False


def members(estimator):
    """Return the fitted estimators that do the work, with the transformers before each.

    A Pipeline is opened to its last step, a search to its best estimator, an AveragingClassifier to
    its members, a CalibratedClassifierCV to the estimators that it calibrates. They may be nested.
    Any other estimator is a member by itself.

    Parameters
    ----------
    estimator : fitted estimator

    Returns
    -------
    list of (list of transformer, estimator)
        One pair, or several where the estimator averages.

    Raises
    ------
    NotFittedError
        If an estimator that holds others is not fitted.
    ValueError
        If a search has no best estimator, because of ``refit=False``.
    """
    if isinstance(estimator, Pipeline):
        before = [estimator[:-1]] if len(estimator) > 1 else []
        return [(before + steps, member) for steps, member in members(estimator[-1])]
    if isinstance(estimator, AveragingClassifier):
        check_is_fitted(estimator)
        return [found for member in estimator.estimators_ for found in members(member)]
    if isinstance(estimator, CalibratedClassifierCV):
        check_is_fitted(estimator)
        calibrated = [each.estimator for each in estimator.calibrated_classifiers_]
        return [found for member in calibrated for found in members(member)]
    if isinstance(estimator, FrozenEstimator):
        return members(estimator.estimator)
    if hasattr(estimator, "best_estimator_"):  # also of searches that are not scikit-learn's
        return members(estimator.best_estimator_)
    if hasattr(estimator, "refit"):  # of a search, or of LogisticRegressionCV
        check_is_fitted(estimator)
    if hasattr(estimator, "cv_results_"):
        raise ValueError(
            f"This {type(estimator).__name__} kept no fitted estimator; search with refit=True."
        )
    return [([], estimator)]
