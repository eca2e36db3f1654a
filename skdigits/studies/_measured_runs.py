"""One run of a study: a fit that is measured, or a search. What it gives is plain data.

`skdigits.studies._experiment_runner` calls it for runs that are not in the store yet.
"""

import numpy as np
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold

from skdigits._classifier_registry import SHORT_NAMES, load_class
from skdigits.model_selection._measure import (
    errors_name,
    import_keras_first,
    measure_fit,
    seconds_of,
    watch_epochs,
)
from skdigits.model_selection._search_space import as_plain, text_of
from skdigits.studies._declarations import KerasObject


def make_estimator(short_name, params, seed=None):
    """Return an estimator, not fitted, whose Keras objects are still declarations."""
    return load_class(SHORT_NAMES[short_name])(**params, random_state=seed)


def measured_fit(estimator, images, label, report):
    """Fit an estimator and measure it on the test images.

    Parameters
    ----------
    estimator : estimator
        From `make_estimator`.
    images : Images
        The training and test images.
    label : str
        Name of the run, for errors.
    report : callable
        Called as ``report(fraction, stage)``.

    Returns
    -------
    Outcome
    """
    import_keras_first([estimator])
    with errors_name(f"run {label!r}"):
        return measure_fit(
            _with_keras_objects(estimator),
            images.train,
            images.test,
            np.arange(len(images.test[1])),
            np.unique(images.train[1]),
            report,
        )


def run_search(search, estimator, X, y, report):
    """Run a random search.

    Parameters
    ----------
    search : Search
        The declaration.
    estimator : estimator
        What all candidates share, from `make_estimator`.
    X, y : ndarray
        Images and labels to search on.
    report : callable
        Called as ``report(fraction, stage)``.

    Returns
    -------
    dict
        ``best_params``, ``best_score``, ``candidates`` and ``seconds`` of a `SearchResult`.
    """
    found = RandomizedSearchCV(
        _with_keras_objects(estimator),
        dict(search.space),
        n_iter=search.n_iter,
        cv=StratifiedKFold(search.cv, shuffle=True, random_state=0),
        scoring="accuracy",
        refit=False,
        error_score="raise",
        random_state=0,
    )
    import_keras_first([estimator])
    watch_epochs(found, report)
    report(0.0, "searching")
    with errors_name(f"run {search.name!r}"):
        seconds, _ = seconds_of(found.fit, X, y)
    measures = ("mean_test_score", "std_test_score", "mean_fit_time")
    columns = [found.cv_results_[measure].tolist() for measure in measures]
    return {
        "best_params": plain(found.best_params_),
        "best_score": float(found.best_score_),
        "candidates": [
            {"params": plain(params), **dict(zip(measures, values, strict=True))}
            for params, *values in zip(found.cv_results_["params"], *columns, strict=True)
        ],
        "seconds": seconds,
    }


def plain(value):
    """Return declared values as JSON has them; equal values give the same."""
    return as_plain(value, _of_object)


def _of_object(value):
    if hasattr(value, "dist"):  # of scipy; its text has an address
        return [value.dist.name, plain(value.args), plain(value.kwds)]
    return repr(value) if isinstance(value, KerasObject) else text_of(value)  # also its weights


def _with_keras_objects(estimator):
    made = {
        name: value.make()
        for name, value in estimator.get_params().items()
        if isinstance(value, KerasObject)
    }
    return estimator.set_params(**made)
