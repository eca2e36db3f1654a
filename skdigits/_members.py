"""What a fitted estimator is made of: pipelines, searches, averages and calibration, opened."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdigits.ensemble import AveragingClassifier


def members(estimator):
    """Return the estimators that do the work in a fitted one, and what comes before each.

    A Pipeline is opened to its last step, a search to its best estimator, an AveragingClassifier to
    its members, a CalibratedClassifierCV to what it calibrates, however they are nested. Anything
    else is a member by itself.

    Parameters
    ----------
    estimator : fitted estimator

    Returns
    -------
    list of (list of transformer, estimator)
        More than one where the estimator averages.

    Raises
    ------
    NotFittedError
        For what is to be opened and is not fitted.
    ValueError
        For a search that kept no estimator.
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
    if isinstance(estimator, BaseSearchCV):
        check_is_fitted(estimator)
        if not hasattr(estimator, "best_estimator_"):
            raise ValueError(
                f"This {type(estimator).__name__} kept no fitted estimator; search with refit=True."
            )
        return members(estimator.best_estimator_)
    return [([], estimator)]


def last_step(estimator):
    """Return the last step of a Pipeline, fitted or not, and anything else as it is."""
    return estimator[-1] if isinstance(estimator, Pipeline) else estimator
