"""Compare classifiers on the same images, with the same splits and the same measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import check_consistent_length, check_random_state

from skdigits.model_selection._measure import describe, import_keras_first, measure_fit, seeded
from skdigits.model_selection._results import Comparison, rank, sign_test, summarize

Progress = Callable[[str, float | None, str], None]


def compare(
    models: Mapping[str, Any],
    X,
    y,
    *,
    X_test=None,
    y_test=None,
    cv=None,
    random_state=None,
    progress: Progress | None = None,
) -> Comparison:
    """Fit classifiers on the same images and measure them in the same way.

    Parameters
    ----------
    models : dict of str to classifier
        The models by name. Each is cloned, so none is changed. Any scikit-learn classifier or
        pipeline works; one of scikit-learn's own needs a first step that flattens the images.
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_features)
        The images to learn from.
    y : array-like of shape (n_images,)
        Their labels.
    X_test, y_test : array-like, default=None
        Images and labels to evaluate on, for a published split. Give them or ``cv``.
    cv : int or cross-validation splitter, default=None
        An integer, at least 2, is a number of folds: stratified, shuffled with ``random_state``.
        Every model gets the same folds.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, and each ``random_state`` parameter of a model that is None. The same
        integer gives the same result, times excepted.
    progress : callable, default=None
        Called as ``progress(name, fraction, stage)`` as the work goes on: the model's name, the
        fraction of its work done (None while that isn't known) and a few words, such as
        ``"fold 2 of 5, epoch 3"``. Epochs are seen where the model supports scikit-learn's
        callbacks.

    Returns
    -------
    Comparison
        The measures, as plain data.

    Raises
    ------
    ValueError
        If there is no model, if neither or both of a test set and ``cv`` are given, if lengths
        differ, if the test set has labels that the training set lacks, or if a class has fewer
        images than there are folds.
    TypeError
        If a model isn't a classifier.

    See Also
    --------
    skdigits.report.write_report : Write a comparison as a page.
    sklearn.model_selection.cross_validate : One model, any measures.

    Notes
    -----
    The sign test counts the images that exactly one of two models got right. It speaks of the
    chance in the choice of test images, not of the chance in training; for that, use ``cv`` or
    several seeds.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated
       proportions or percentages", Psychometrika 12, 1947.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdigits.model_selection import compare
    >>> X, y = load_digits(return_X_y=True)
    >>> models = {"bayes": GaussianNB(), "dummy": DummyClassifier()}
    >>> comparison = compare(models, X, y, cv=3, random_state=0)
    >>> comparison.best
    'bayes'
    >>> print(f"{comparison['dummy'].mean['accuracy']:.2f}")
    0.10
    """
    if not models:
        raise ValueError("models is empty: give at least one classifier.")
    for name, model in models.items():
        if not is_classifier(model):
            raise TypeError(f"The model {name!r} is not a classifier: {model!r}.")
    X, y = np.asarray(X), np.asarray(y)
    check_consistent_length(X, y)
    seed = _as_seed(random_state)
    X_evaluated, y_evaluated, splits, n_folds = _plan(X, y, X_test, y_test, cv, seed)

    import_keras_first(models.values())
    progress = progress or _silent
    classes = np.unique(y)
    outcomes = {}
    for name, model in models.items():
        try:
            outcomes[name] = _run_model(
                name, model, (X, y, X_evaluated, y_evaluated), splits, seed, progress
            )
        except Exception as error:
            error.add_note(f"model {name!r}")
            raise
    results = [
        summarize(name, describe(model), outcomes[name], classes.tolist())
        for name, model in models.items()
    ]
    best = min(results, key=rank).name
    results = [
        replace(result, against_best=sign_test(outcomes[best], outcomes[result.name]))
        if result.name != best
        else result
        for result in results
    ]
    return Comparison(
        models=results,
        best=best,
        classes=classes.tolist(),
        image_shape=list(X.shape[1:]),
        n_train=min(len(train) for train, _ in splits),
        n_evaluated=int(np.sum([outcome.confusion for outcome in outcomes[best]])),
        n_folds=n_folds,
        random_state=seed,
    )


def _silent(name, fraction, stage):
    """Report no progress."""


def _as_seed(random_state):
    if random_state is None or isinstance(random_state, Integral):
        return None if random_state is None else int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _plan(X, y, X_test, y_test, cv, seed):
    """Return the evaluated images and labels, the (train, evaluated) splits, and the folds."""
    if (X_test is None) != (y_test is None):
        raise ValueError("X_test and y_test belong together: give both or neither.")
    if (X_test is None) == (cv is None):
        raise ValueError("Give either X_test and y_test, or cv.")
    classes, counts = np.unique(y, return_counts=True)
    if X_test is not None:
        X_test, y_test = np.asarray(X_test), np.asarray(y_test)
        check_consistent_length(X_test, y_test)
        if unknown := sorted(set(y_test.tolist()) - set(classes.tolist())):
            raise ValueError(f"y_test has labels that y lacks: {unknown}.")
        return X_test, y_test, [(np.arange(len(y)), np.arange(len(y_test)))], None
    if isinstance(cv, Integral):
        if cv < 2:
            raise ValueError(f"cv must be at least 2 folds, got {cv}.")
        if cv > counts.min():
            fewest = classes[counts.argmin()].item()
            raise ValueError(
                f"cv={cv} folds need {cv} images of every class; class {fewest!r} has "
                f"{counts.min()}."
            )
        splitter = StratifiedKFold(int(cv), shuffle=True, random_state=seed)
    else:
        splitter = check_cv(cv, y, classifier=True)
    splits = list(splitter.split(X, y))
    return X, y, splits, len(splits)


def _run_model(name, model, data, splits, seed, progress):
    """Fit and measure one model on every split."""
    X, y, X_evaluated, y_evaluated = data
    outcomes = []
    for number, (train, evaluated) in enumerate(splits):
        outcomes.append(
            measure_fit(
                seeded(clone(model), seed),
                (X, y) if len(train) == len(X) else (X[train], y[train]),
                (X_evaluated[evaluated], y_evaluated[evaluated]),
                evaluated,
                np.unique(y),
                _Stage(progress, name, number, len(splits)),
            )
        )
    progress(name, 1.0, "done")
    return outcomes


class _Stage:
    """Turns the progress of one run into the progress of the model's whole work."""

    def __init__(self, progress, name, number, n_runs):
        self.progress, self.name = progress, name
        self.number, self.n_runs = number, n_runs

    def __call__(self, fraction, stage):
        if self.n_runs > 1:
            stage = f"fold {self.number + 1} of {self.n_runs}, {stage}"
            fraction = (self.number + (fraction or 0.0)) / self.n_runs
        self.progress(self.name, fraction, stage)
