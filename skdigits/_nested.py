"""Estimators that hold others: the last step of a pipeline, and the seeds at any depth."""

import copy

from sklearn.pipeline import Pipeline


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
