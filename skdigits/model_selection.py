"""Compare classifiers on the same images, with the same splits and the same measures."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from numbers import Integral
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.base import clone, is_classifier
from sklearn.callback import CallbackSupportMixin
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length, check_random_state

__all__ = ["Comparison", "ModelResult", "Run", "compare"]

MEASURES = ("accuracy", "macro_f1", "log_loss", "fit_seconds", "predict_seconds")

FIT_SHARE = 0.95  # of the progress of one run; the rest is left for predicting

Progress = Callable[[str, float | None, str], None]


@dataclass(frozen=True)
class Run:
    """What one fit of one model gave, on the images that it had not seen.

    Attributes
    ----------
    accuracy : float
        Fraction of images given the right label.
    macro_f1 : float
        Mean over the classes of the harmonic mean of precision and recall.
    log_loss : float or None
        Mean of minus the natural logarithm of the probability given to the right label; None
        for a model without ``predict_proba``.
    fit_seconds, predict_seconds : float
        Wall time of ``fit`` on all training images, and of ``predict`` on all evaluated ones.
    history : dict of str to list of float
        One value an epoch, as in the estimator's ``history_``; empty where it has none.
    """

    accuracy: float
    macro_f1: float
    log_loss: float | None
    fit_seconds: float
    predict_seconds: float
    history: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelResult:
    """How one model did, over all its runs.

    Attributes
    ----------
    name : str
        The caller's name for the model.
    estimator : str
        The estimator as scikit-learn prints it; of a pipeline, the last step.
    n_parameters : int or None
        Number of fitted weights; None for a model that isn't made of weights.
    runs : list of Run
        One for the test split, or one a fold.
    mean, std : dict of str to (float or None)
        Of each measure over the runs. ``std`` is None where there is one run.
    confusion : list of list of int
        Rows are the true classes, columns the predicted ones, summed over the runs.
    per_class : list of dict
        For each class its ``label``, ``precision``, ``recall``, ``f1`` and ``support``, over the
        predictions of all runs.
    mistakes : dict of str to list
        The misclassified images as columns: ``index`` (position in the evaluated images),
        ``label``, ``predicted`` and ``probability`` (of the predicted label, or None).
    against_best : dict or None
        Against the best model on the same images: ``only_best_right`` and ``only_this_right``
        count the images that one of the two got right, ``p_value`` is the exact sign test's
        (McNemar's). None for the best model itself.
    """

    name: str
    estimator: str
    n_parameters: int | None
    runs: list[Run]
    mean: dict[str, float | None]
    std: dict[str, float | None]
    confusion: list[list[int]]
    per_class: list[dict[str, Any]]
    mistakes: dict[str, list]
    against_best: dict[str, Any] | None = None


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    models : list of ModelResult
        In the caller's order.
    best : str
        Name of the model with the highest mean accuracy; of equals, the one with the lower log
        loss, then the one named first.
    classes : list
        The labels, sorted, as plain Python values.
    image_shape : list of int
        Shape of one row of ``X``.
    n_train, n_evaluated : int
        Number of images a model learnt from (in each fold, the smallest number) and number of
        predictions that its measures rest on.
    n_folds : int or None
        Number of folds, or None for a separate test set.
    random_state : int or None
        The seed.
    """

    models: list[ModelResult]
    best: str
    classes: list
    image_shape: list[int]
    n_train: int
    n_evaluated: int
    n_folds: int | None
    random_state: int | None

    def __getitem__(self, name):
        """Return the `ModelResult` called ``name``."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    def to_dict(self):
        """Return everything as plain dicts, lists and numbers, ready for strict JSON."""
        return asdict(self)


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

    _import_keras_first(models.values())
    progress = progress or _silent
    results, right = [], {}
    for name, model in models.items():
        try:
            result, right[name] = _run_model(
                name, model, (X, y, X_evaluated, y_evaluated), splits, seed, progress
            )
        except Exception as error:
            error.add_note(f"model {name!r}")
            raise
        results.append(result)
    best = min(results, key=_rank).name
    results = [
        replace(result, against_best=_sign_test(right[best], right[result.name]))
        if result.name != best
        else result
        for result in results
    ]
    return Comparison(
        models=results,
        best=best,
        classes=np.unique(y).tolist(),
        image_shape=list(X.shape[1:]),
        n_train=min(len(train) for train, _ in splits),
        n_evaluated=len(right[best]),
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


def _import_keras_first(models):
    """Import Keras before any clock starts, so that no model's fit pays for it."""
    if any(type(_last_step(model)).__module__.startswith("skdigits.") for model in models):
        importlib.import_module("skdigits._tensorflow")


def _last_step(model):
    return model[-1] if isinstance(model, Pipeline) else model


def _rank(result):
    loss = result.mean["log_loss"]
    return -result.mean["accuracy"], np.inf if loss is None else loss


def _run_model(name, model, data, splits, seed, progress):
    """Fit and measure one model on every split; return its result and which images it got."""
    X, y, X_evaluated, y_evaluated = data
    classes = np.unique(y)
    runs, columns = [], []
    for number, (train, evaluated) in enumerate(splits):
        report = _Stage(progress, name, number, len(splits))
        estimator = _seeded(clone(model), seed)
        _watch_epochs(estimator, report)
        report(None, "fitting")
        X_train, y_train = (X, y) if len(train) == len(X) else (X[train], y[train])
        fit_seconds = _seconds(estimator.fit, X_train, y_train)[0]
        report(FIT_SHARE, "predicting")
        run, predictions = _measure(
            estimator, X_evaluated[evaluated], y_evaluated[evaluated], classes, fit_seconds
        )
        runs.append(run)
        columns.append({"index": evaluated, **predictions})
    progress(name, 1.0, "done")
    pooled = {key: np.concatenate([fold[key] for fold in columns]) for key in columns[0]}
    right = pooled["label"] == pooled["predicted"]
    mean, std = _mean_and_std(runs)
    result = ModelResult(
        name=name,
        estimator=" ".join(repr(_last_step(model)).split()),
        n_parameters=_count_parameters(estimator),
        runs=runs,
        mean=mean,
        std=std,
        confusion=confusion_matrix(pooled["label"], pooled["predicted"], labels=classes).tolist(),
        per_class=_per_class(pooled["label"], pooled["predicted"], classes),
        mistakes={key: column[~right].tolist() for key, column in pooled.items()},
    )
    return result, right


def _measure(estimator, X, y, classes, fit_seconds):
    """Return the `Run` of a fitted estimator, and its predictions as columns."""
    predict_seconds, predicted = _seconds(estimator.predict, X)
    loss, probability = None, np.full(len(y), None)
    if hasattr(estimator, "predict_proba"):
        probabilities = estimator.predict_proba(X)
        loss = float(log_loss(y, probabilities, labels=classes))
        rows = np.arange(len(y))
        probability = probabilities[rows, np.searchsorted(estimator.classes_, predicted)]
    run = Run(
        accuracy=float(accuracy_score(y, predicted)),
        macro_f1=float(f1_score(y, predicted, labels=classes, average="macro", zero_division=0)),
        log_loss=loss,
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        history=_history(estimator),
    )
    return run, {"label": y, "predicted": predicted, "probability": probability}


def _seconds(function, *args):
    start = time.perf_counter()
    value = function(*args)
    return time.perf_counter() - start, value


def _seeded(estimator, seed):
    """Give every ``random_state`` that is None the seed, as scikit-learn's ensembles do."""
    names = [
        name
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "random_state" and value is None
    ]
    return estimator.set_params(**dict.fromkeys(names, seed))


def _history(estimator):
    history = getattr(_last_step(estimator), "history_", {})
    return {key: [float(value) for value in values] for key, values in history.items()}


def _count_parameters(estimator):
    """Return the number of fitted weights, or None where the model isn't made of weights."""
    model = _last_step(estimator)
    if hasattr(model, "n_parameters_"):
        return int(model.n_parameters_)
    for weights, biases in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if hasattr(model, weights):
            arrays = [*getattr(model, weights), *getattr(model, biases)]
            return int(sum(np.size(array) for array in arrays))
    return None


def _per_class(label, predicted, classes):
    columns = precision_recall_fscore_support(label, predicted, labels=classes, zero_division=0)
    names = ("precision", "recall", "f1", "support")
    return [
        {"label": klass, **dict(zip(names, row, strict=True))}
        for klass, *row in zip(classes.tolist(), *(c.tolist() for c in columns), strict=True)
    ]


def _mean_and_std(runs):
    """Return the mean of each measure over the runs, and its sample standard deviation."""
    mean, std = {}, {}
    for measure in MEASURES:
        values = [getattr(run, measure) for run in runs]
        known = None not in values
        mean[measure] = float(np.mean(values)) if known else None
        std[measure] = float(np.std(values, ddof=1)) if known and len(values) > 1 else None
    return mean, std


def _sign_test(best_right, right):
    """Compare two models on the images that exactly one of them got right."""
    only_best = int(np.sum(best_right & ~right))
    only_this = int(np.sum(right & ~best_right))
    differing = only_best + only_this
    p_value = binomtest(only_best, differing).pvalue if differing else 1.0
    return {"only_best_right": only_best, "only_this_right": only_this, "p_value": float(p_value)}


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


def _watch_epochs(estimator, report):
    """Report the epochs of a model that supports scikit-learn's callbacks."""
    model = _last_step(estimator)
    if isinstance(model, CallbackSupportMixin):
        model.set_callbacks(_EpochCallback(report))


class _EpochCallback:
    """scikit-learn callback that reports the steps of one fit."""

    def __init__(self, report):
        self.report = report
        self.n_done = 0

    def setup(self, estimator, context):
        self.n_done = 0

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        parent = context.parent
        if parent is not None and parent.estimator_name == context.estimator_name:
            self.n_done += 1
            n_steps = parent.max_subtasks
            fraction = min(self.n_done / n_steps, 1.0) * FIT_SHARE if n_steps else None
            step = "epoch" if "epoch" in context.task_name else "step"
            self.report(fraction, f"{step} {self.n_done}" + (f" of {n_steps}" if n_steps else ""))
