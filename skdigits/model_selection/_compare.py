"""Compare classifiers on the same images, with the same splits and the same measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import _safe_indexing, check_random_state

from skdigits._nested import random_states
from skdigits.model_selection._inputs import (
    as_data,
    as_labels,
    as_same_labels,
    check_lengths,
    check_split,
    n_rows,
    named_models,
    row_shape,
)
from skdigits.model_selection._measure import (
    describe,
    errors_name,
    import_keras_first,
    measure_fit,
)
from skdigits.model_selection._model_results import Comparison, rank, sign_test, summarize

Progress = Callable[[str, float | None, str], None]


def compare(
    models: Mapping[str, Any] | Sequence[Any],
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
    models : dict of str to classifier, or list of classifiers or of pairs (name, classifier)
        The models by name; those of a list without a name are called by their class, and numbered
        where several are of one. Each is cloned, so none is changed. Any scikit-learn classifier,
        pipeline or search works; one of scikit-learn's own needs a first step that flattens the
        images, or rows.
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_features)
        The images to learn from. The models get data frames as they are.
    y : array-like of shape (n_images,)
        Their labels, all strings, or all numbers or booleans.
    X_test, y_test : array-like, default=None
        Images and labels to evaluate on, for a published split. Give them or ``cv``. Classes may
        be missing there.
    cv : int, cross-validation splitter or iterable of (train, test), default=None
        An integer, at least 2, is a number of folds: stratified, shuffled with ``random_state``.
        Every model gets the same folds. Folds of a splitter may lack classes; what a model has
        not learnt has the probability zero.
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
        Before any training: if there is no model, or two have one name; if neither or both of a
        test set and ``cv`` are given; if lengths or shapes differ; if there are not two classes to
        train on; if the test set has labels that the training set lacks, or a class fewer images
        than there are folds. What a training raises names the model.
    TypeError
        If a model isn't a classifier, or is a search with ``refit=False``.

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
    named = named_models(models)
    X, y = as_data(X), as_labels(y, "y")
    check_lengths(X, y, "X")
    seed = _as_seed(random_state)
    X_evaluated, y_evaluated, splits, n_folds = _plan(X, y, X_test, y_test, cv, seed)

    import_keras_first(named.values())
    progress = progress or _silent
    classes = np.unique(y)
    data = X, y, X_evaluated, y_evaluated
    outcomes = {
        name: _run_model(name, model, data, splits, seed, progress) for name, model in named.items()
    }
    results = [
        summarize(name, describe(model), outcomes[name], classes.tolist())
        for name, model in named.items()
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
        image_shape=list(row_shape(X)),
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
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes[0].item()!r}; there is none to tell.")
    if X_test is not None:
        X_test, y_test = as_data(X_test), as_same_labels(y_test, classes, "y_test", "y")
        check_lengths(X_test, y_test, "X_test")
        if prod(row_shape(X_test)) != prod(row_shape(X)):
            raise ValueError(
                f"X_test has images of shape {row_shape(X_test)}, X of shape {row_shape(X)}."
            )
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
    rows = np.arange(len(y))
    splits = [(rows[train], rows[evaluated]) for train, evaluated in splitter.split(X, y)]
    for number, (train, evaluated) in enumerate(splits, start=1):
        check_split(number, len(splits), train, evaluated, y)
    return X, y, splits, len(splits)


def _run_model(name, model, data, splits, seed, progress):
    """Fit and measure one model on every split."""
    X, y, X_evaluated, y_evaluated = data
    unset = [parameter for parameter, value in random_states(model).items() if value is None]
    outcomes = []
    for number, (train, evaluated) in enumerate(splits):
        fold = f", fold {number + 1} of {len(splits)}" if len(splits) > 1 else ""
        with errors_name(f"model {name!r}{fold}"):
            outcome = measure_fit(
                clone(model).set_params(**dict.fromkeys(unset, seed)),
                (_rows(X, train), y[train]),
                (_rows(X_evaluated, evaluated), y_evaluated[evaluated]),
                evaluated,
                np.unique(y),
                _Stage(progress, name, number, len(splits)),
            )
        outcomes.append(outcome)
    progress(name, 1.0, "done")
    return outcomes


def _rows(X, rows):
    """Return rows of the data; all of them without a copy."""
    return X if np.array_equal(rows, np.arange(n_rows(X))) else _safe_indexing(X, rows)


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
