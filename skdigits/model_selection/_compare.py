"""Compare classifiers on the same images, with the same splits and the same measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import check_random_state

from skdigits import _constraints as c
from skdigits._nested import random_states
from skdigits.model_selection._inputs import (
    as_data,
    as_labels,
    as_same_labels,
    check_lengths,
    check_split,
    n_rows,
    named_models,
    refuse_frozen,
    row_shape,
)
from skdigits.model_selection._measure import (
    errors_name,
    hint_at_rows,
    import_keras_first,
    measure_fit,
    rows_for,
    text_of_estimator,
)
from skdigits.model_selection._model_results import Comparison, compare_outcomes

Progress = Callable[[str, float | None, str], None]


@c.with_checked_arguments({"n_seeds": [c.whole_number(1), c.NONE]})
def compare(
    models: Mapping[str, Any] | Sequence[Any],
    X,
    y,
    *,
    X_test=None,
    y_test=None,
    cv=None,
    n_seeds: int | None = None,
    random_state=None,
    progress: Progress | None = None,
) -> Comparison:
    """Fit classifiers on the same images and measure them in the same way.

    Parameters
    ----------
    models : dict of str to classifier, or list of classifiers or of pairs (name, classifier)
        The models by name. Models in a list without a name are named after their class, with a
        number if a class comes more than once. The models are cloned, not changed. Any scikit-learn
        classifier, pipeline or search works. Classifiers of scikit-learn get images as rows of
        pixels. Pipelines get them as they are; the first step can make rows.
    X : array-like of shape (n_images, height, width[, channels]) or (n_images, n_features)
        The images to learn from. Data frames are passed on as they are.
    y : array-like of shape (n_images,)
        The labels: strings, or numbers, or booleans.
    X_test, y_test : array-like, default=None
        Images and labels to evaluate on, for a published split. Give either these or ``cv``. Some
        classes may be missing.
    cv : int, cross-validation splitter or iterable of (train, test), default=None
        An integer, at least 2, is the number of folds, stratified and shuffled with
        ``random_state``. All models get the same folds. Folds of a splitter may lack classes; a
        class that a model has not learned gets the probability zero.
    n_seeds : int, default=None
        Number of times to train each model on the same images, with the seeds ``random_state``,
        ``random_state + 1`` and so on, which replace each ``random_state`` parameter of a model.
        The measures are then means with their spread over the seeds, which tells a difference from
        the chance in training. It needs a test set, and takes `n_seeds` times as long; 5 are usual.
    random_state : int, RandomState instance or None, default=None
        Determines the folds, and each ``random_state`` parameter of a model that is None. Pass an
        int for the same result, except for times.
    progress : callable, default=None
        Called as ``progress(name, fraction, stage)`` as the work goes on: the name of the model,
        the fraction of its work that is done (None if not known) and a few words, such as
        ``"fold 2 of 5, epoch 3"``. Epochs are reported if the model supports scikit-learn's
        callbacks.

    Returns
    -------
    Comparison
        The measures, as plain data.

    Raises
    ------
    ValueError
        Before any training: if there is no model, or two have the same name; if not exactly one of
        a test set and ``cv`` is given; if ``n_seeds`` is given with ``cv``; if lengths or shapes
        differ; if there are fewer than two classes; if the test set has labels that the training
        set lacks; if a class has fewer images than there are folds. Errors of a training name the
        model.
    TypeError
        If a model is not a classifier, is a search with ``refit=False``, or is frozen.

    See Also
    --------
    evaluate : Measure classifiers that are fitted already.
    skdigits.report.write_report : Write a comparison as a page.
    sklearn.model_selection.cross_validate : Evaluate one model, with any measures.

    Notes
    -----
    The sign test [1]_ counts the images that exactly one of two models predicts correctly. It takes
    into account the choice of the test images, but not the chance in training. If the splits of
    ``cv`` repeat images, each image still counts once, by how much more often one model predicts it
    correctly: a permutation test exchanges the signs of these differences. For the chance in
    training, use ``cv`` or ``n_seeds``: with several seeds, the models are compared by the paired
    t-test of their accuracies, which takes into account the chance in training, but not the choice
    of the images.

    Networks also measure the evaluated images after each epoch, for the curves of the page. This
    chooses nothing, and its time does not count as ``fit_seconds``. Networks inside of other
    estimators, with callbacks, or with ``early_stopping`` by a validation score do not.

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
    refuse_frozen(named)
    X, y = as_data(X), as_labels(y, "y")
    check_lengths(X, y, "X")
    seed = _as_seed(random_state)
    seeds = _seeds(seed, n_seeds, cv)
    X_evaluated, y_evaluated, splits, n_folds = _plan(X, y, X_test, y_test, cv, seed)

    import_keras_first(named.values())
    progress = progress or _silent
    classes = np.unique(y)
    data = X, y, X_evaluated, y_evaluated
    outcomes = {
        name: _run_model(name, model, data, _runs(splits, seed, seeds), progress)
        for name, model in named.items()
    }
    return compare_outcomes(
        {name: text_of_estimator(model) for name, model in named.items()},
        outcomes,
        classes.tolist(),
        image_shape=list(row_shape(X)),
        n_train=min(len(train) for train, _ in splits),
        n_images=len(np.unique(np.concatenate([evaluated for _, evaluated in splits]))),
        n_folds=n_folds,
        random_state=seed,
        n_seeds=n_seeds and int(n_seeds),
    )


def _silent(name, fraction, stage):
    """Report no progress."""


def _as_seed(random_state):
    if random_state is None or isinstance(random_state, Integral):
        return None if random_state is None else int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _seeds(seed, n_seeds, cv):
    """Return the seeds of several trainings, or None for one that keeps the model's own seeds."""
    if n_seeds is None:
        return None
    if cv is not None:
        raise ValueError("Give either cv or n_seeds: the runs are the folds or the seeds.")
    return [None if seed is None else seed + number for number in range(n_seeds)]


class _Run(NamedTuple):
    """One run of each model: the rows to train on and to evaluate, and how to name and seed it."""

    train: Any
    evaluated: Any
    name: str  # such as "fold 2 of 5"; empty for a single run
    seed: int | None
    keeps_seeds: bool  # whether the seeds that a model has stay


def _runs(splits, seed, seeds):
    """Return the runs of each model: one for each split or for each seed."""
    if seeds is None:
        names = [f"fold {number} of {len(splits)}" for number in range(1, len(splits) + 1)]
        names = names if len(splits) > 1 else [""]
        return [
            _Run(train, evaluated, name, seed, keeps_seeds=True)
            for (train, evaluated), name in zip(splits, names, strict=True)
        ]
    ((train, evaluated),) = splits
    return [
        _Run(train, evaluated, f"seed {number} of {len(seeds)}", each, keeps_seeds=False)
        for number, each in enumerate(seeds, start=1)
    ]


def _plan(X, y, X_test, y_test, cv, seed):
    """Return the evaluated images and labels, the (train, evaluated) splits, and the folds."""
    if (X_test is None) != (y_test is None):
        raise ValueError("Give both X_test and y_test, or neither.")
    if (X_test is None) == (cv is None):
        raise ValueError("Give either X_test and y_test, or cv.")
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes[0].item()!r}; give two or more.")
    if cv is not None:
        splits = _folds(X, y, cv, seed)
        return X, y, splits, len(splits)
    X_test, y_test = _checked_test_set(X, X_test, y_test, classes)
    return X_test, y_test, [(np.arange(len(y)), np.arange(len(y_test)))], None


def _checked_test_set(X, X_test, y_test, classes):
    """Return test images and labels, after a check that they are like those of the training."""
    X_test, y_test = as_data(X_test), as_same_labels(y_test, classes, "y_test", "y")
    check_lengths(X_test, y_test, "X_test")
    tested, learned = row_shape(X_test), row_shape(X)
    if tested and learned and prod(tested) != prod(learned):
        raise ValueError(f"X_test has images of shape {tested}, X of shape {learned}.")
    return X_test, y_test


def _folds(X, y, cv, seed):
    """Return the (train, evaluated) rows of a cross-validation."""
    if isinstance(cv, Integral):
        if cv < 2:
            raise ValueError(f"cv must be at least 2 folds, got {cv}.")
        classes, counts = np.unique(y, return_counts=True)
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
    try:
        splits = [(rows[train], rows[evaluated]) for train, evaluated in splitter.split(X, y)]
    except ValueError as error:
        if "groups" not in str(error):
            raise
        raise ValueError(
            f"cv={cv} needs groups. Give its splits: cv=list(splitter.split(X, y, groups))."
        ) from error
    for number, (train, evaluated) in enumerate(splits, start=1):
        check_split(number, len(splits), train, evaluated, y)
    return splits


def _run_model(name, model, data, runs, progress):
    """Fit and measure one model in every run."""
    X, y, X_evaluated, y_evaluated = data
    X, X_evaluated = rows_for(model, X), rows_for(model, X_evaluated)
    own = random_states(model)
    outcomes = []
    for number, run in enumerate(runs):
        seeds = [each for each, value in own.items() if value is None or not run.keeps_seeds]
        with errors_name(", ".join(filter(None, [f"model {name!r}", run.name]))), hint_at_rows():
            outcome = measure_fit(
                clone(model).set_params(**dict.fromkeys(seeds, run.seed)),
                (_rows(X, run.train), y[run.train]),
                (_rows(X_evaluated, run.evaluated), y_evaluated[run.evaluated]),
                run.evaluated,
                np.unique(y),
                _Stage(progress, name, run.name, number, len(runs)),
            )
        outcomes.append(outcome)
    progress(name, 1.0, "done")
    return outcomes


def _rows(X, rows):
    """Return rows of the data, without a copy if these are all rows."""
    if np.array_equal(rows, np.arange(n_rows(X))):
        return X
    if isinstance(X, list | tuple):
        return [X[row] for row in rows]
    return getattr(X, "iloc", X)[rows]


class _Stage:
    """Turns the progress of one fit into the progress of a model over all runs."""

    def __init__(self, progress, name, run, number, n_runs):
        self.progress, self.name, self.run = progress, name, run
        self.number, self.n_runs = number, n_runs

    def __call__(self, fraction, stage):
        if self.n_runs > 1:
            stage = f"{self.run}, {stage}"
            fraction = (self.number + (fraction or 0.0)) / self.n_runs
        self.progress(self.name, fraction, stage)
