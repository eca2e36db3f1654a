"""Estimators that hold others: the steps of a pipeline, fitted ones, seeds at any depth."""

import copy

from sklearn.pipeline import Pipeline

# Attributes that hold fitted estimators; of FrozenEstimator it is the last.
HOLDERS = ("best_estimator_", "estimators_", "calibrated_classifiers_", "estimator_", "estimator")


def last_step(estimator):
    """Return the last step of a Pipeline, fitted or not; anything else is returned as it is."""
    return estimator[-1] if isinstance(estimator, Pipeline) else estimator


def with_last_step(estimator, step):
    """Return a copy of a Pipeline with another last step; in place of anything else, that step."""
    if not isinstance(estimator, Pipeline):
        return step
    pipeline = copy.copy(estimator)
    name, _ = estimator.steps[-1]
    pipeline.steps = [*estimator.steps[:-1], (name, step)]
    return pipeline


def active_steps(pipeline):
    """Return the steps of a Pipeline, (name, estimator), without those that do nothing."""
    return [each for each in pipeline.steps if each[1] not in (None, "passthrough")]


def held_by(estimator):
    """Return the estimators that a fitted one holds: the steps of a Pipeline, or fitted ones."""
    if isinstance(estimator, Pipeline):
        return [step for _, step in active_steps(estimator)]
    held = (getattr(estimator, name, None) for name in HOLDERS)
    parts = (each if isinstance(each, list | tuple) else [each] for each in held)
    return [each for part in parts for each in part if each is not None]


def random_states(estimator):
    """Return every ``random_state`` of an estimator and of those in it, by parameter name, sorted.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    dict of str to object
        Such as ``{"mlpclassifier__random_state": None}`` for a Pipeline.
    """
    parameters = estimator.get_params(deep=True)
    names = sorted(name for name in parameters if name.rpartition("__")[2] == "random_state")
    return {name: parameters[name] for name in names}
