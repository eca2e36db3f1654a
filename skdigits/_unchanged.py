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
        go_back = functools.partial(network.set_state, network.get_state()) if network else None
        random_state = attributes.get("random_state")
        draws = copy.deepcopy(random_state) if isinstance(random_state, RandomState) else None
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            vars(estimator).clear()
            vars(estimator).update(attributes)
            if go_back:
                go_back()
            if draws:
                attributes["random_state"].set_state(draws.get_state())
            raise

    return fit
