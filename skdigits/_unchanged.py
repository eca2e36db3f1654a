"""Restore an estimator after an error in its fit."""

import copy
import functools

from numpy.random import RandomState


def unchanged_after_error(method):
    """Decorate a method that trains: after any error, restore the estimator.

    Put it above scikit-learn's decorators, since their callbacks may fail too.
    """

    @functools.wraps(method)
    def fit(estimator, *args, **kwargs):
        attributes = dict(vars(estimator))
        network = attributes.get("_network")
        if network:
            go_back = functools.partial(network.restore, network.spec, network.get_state())
        random_state = attributes.get("random_state")
        draws = copy.deepcopy(random_state) if isinstance(random_state, RandomState) else None
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            vars(estimator).clear()
            vars(estimator).update(attributes)
            if network:
                go_back()
            if draws:
                attributes["random_state"].set_state(draws.get_state())
            raise

    return fit
