"""Fit one estimator, measure it, and report its epochs meanwhile."""

import importlib
import time
from contextlib import contextmanager
from dataclasses import replace
from numbers import Real

import numpy as np
from sklearn.callback import CallbackSupportMixin
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from skdigits._base import ImageClassifier
from skdigits._nested import last_step
from skdigits._open_estimators import members
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error
from skdigits.model_selection._model_results import Outcome, Run

FIT_SHARE = 0.95  # share of the fit in the progress of a run; the rest is for the prediction


def text_of_estimator(estimator):
    """Return an estimator, or the last step of a pipeline, as text in one line."""
    return " ".join(repr(last_step(estimator)).split())


def import_keras_first(models):
    """Import Keras before any time is measured, if a model needs it."""
    inside = (part for model in models for part in (model, *model.get_params().values()))
    if any(isinstance(part, ImageClassifier | AveragingClassifier) for part in inside):
        importlib.import_module("skdigits._tensorflow")


def measure_fit(estimator, train, evaluated, index, classes, report) -> Outcome:
    """Fit an estimator and measure it on other images.

    Parameters
    ----------
    estimator : classifier
        The classifier, which is fitted in place.
    train, evaluated : tuple of (X, y)
        Images and labels.
    index : ndarray of int
        Positions of the evaluated images, for the mistakes.
    classes : ndarray
        All labels, sorted.
    report : callable
        Called as ``report(fraction, stage)``.
    """
    watch_epochs(estimator, report)
    report(None, "fitting")
    curves = for_curves(estimator, train[1], evaluated)
    fit_seconds = seconds_of(estimator.fit, *train, **curves)[0]
    if curves:
        fit_seconds -= estimator._validation_seconds
    report(FIT_SHARE, "predicting")
    outcome = measure_fitted(estimator, evaluated, index, classes, fit_seconds)
    return replace(outcome, run=replace(outcome.run, has_test_curves=bool(curves)))


def for_curves(estimator, y, evaluated):
    """Return the arguments of ``fit`` with which a network measures the evaluated images.

    They give the curves after each epoch, and must not choose anything: neither the epoch to stop
    at, nor what a callback does.

    Parameters
    ----------
    estimator : classifier
        Not fitted.
    y : ndarray
        The labels to train on.
    evaluated : tuple of (X, y)
        The evaluated images and their labels.

    Returns
    -------
    dict
        Empty for other estimators than networks, and if the training could be influenced.
    """
    if not isinstance(estimator, ImageClassifier) or estimator.callbacks:
        return {}
    if estimator.early_stopping and estimator.validation_fraction is not None:
        return {}
    X_val, y_val = evaluated
    if not np.isin(y_val, y).all():  # a class that only the evaluated images have
        return {}
    return {"X_val": X_val, "y_val": y_val}


def rows_for(model, X):
    """Return images as rows for a classifier of scikit-learn, also inside a search; else X."""
    is_images = isinstance(X, np.ndarray) and X.ndim > 2
    return X.reshape(len(X), -1) if is_images and _takes_rows(model) else X


def _takes_rows(model):
    inner = getattr(model, "estimator", None)
    if inner is not None:
        return _takes_rows(inner)
    # What a pipeline takes, its first step decides; a vote has several classifiers.
    holds_others = hasattr(model, "steps") or hasattr(model, "estimators")
    return type(model).__module__.startswith("sklearn.") and not holds_others


@contextmanager
def hint_at_rows():
    """Say how a pipeline gets rows, if a model that takes rows got images."""
    try:
        yield
    except ValueError as error:
        if "Found array with dim" in str(error):
            error.args = (
                f"{error} X has images; begin a pipeline with a step that makes rows of them, such "
                "as FunctionTransformer(lambda X: X.reshape(len(X), -1)).",
            )
        raise


def measure_fitted(estimator, evaluated, index, classes, fit_seconds=None) -> Outcome:
    """Measure a fitted estimator, as `measure_fit`; it may have taken unknown seconds to fit."""
    X, y = evaluated
    predict_seconds, predicted, probabilities = predictions(estimator, X)
    loss, calibration, probability = None, None, np.full(len(y), None)
    if probabilities is not None:
        probabilities = _of_all_classes(probabilities, estimator.classes_, classes)
        loss = float(log_loss(y, probabilities, labels=classes))
        calibration = expected_calibration_error(y, probabilities, labels=classes)
        probability = probabilities[np.arange(len(y)), np.searchsorted(classes, predicted)]
    run = Run(
        accuracy=float(accuracy_score(y, predicted)),
        macro_f1=float(f1_score(y, predicted, average="macro", zero_division=0)),
        log_loss=loss,
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        history=_history(estimator),
        expected_calibration_error=calibration,
    )
    columns = {"index": index, "label": y, "predicted": predicted, "probability": probability}
    wrong = predicted != y
    return Outcome(
        run=run,
        n_parameters=_count_parameters(estimator),
        confusion=confusion_matrix(y, predicted, labels=classes).tolist(),
        mistakes={name: column[wrong].tolist() for name, column in columns.items()},
    )


@contextmanager
def errors_name(what):
    """Add text to the message of an error, or as a note if the message is not plain text."""
    try:
        yield
    except Exception as error:
        if isinstance(error, ValueError | TypeError) and error.args == (str(error),):
            error.args = (f"{what}: {error}",)
        else:
            error.add_note(what)
        raise


def seconds_of(function, *args, **kwargs):
    """Return the wall time of a call, and what it returned."""
    start = time.perf_counter()
    value = function(*args, **kwargs)
    return time.perf_counter() - start, value


def predictions(estimator, X):
    """Return how many seconds `predict` takes, the labels, and the probabilities or None.

    A network predicts its most probable class, so that one pass over the images gives both. Other
    classifiers may have another rule, such as SVC.
    """
    if all(isinstance(member, ImageClassifier) for _, member in members(estimator)):
        seconds, probabilities = seconds_of(estimator.predict_proba, X)
        return seconds, estimator.classes_[probabilities.argmax(axis=1)], probabilities
    seconds, predicted = seconds_of(estimator.predict, X)
    has_probabilities = hasattr(estimator, "predict_proba")
    return seconds, predicted, estimator.predict_proba(X) if has_probabilities else None


def _of_all_classes(probabilities, learnt, classes):
    """Return a column for each class, with zeros for classes that were not learned."""
    columns = np.zeros((len(probabilities), len(classes)), probabilities.dtype)
    columns[:, np.searchsorted(classes, learnt)] = probabilities
    return columns


def _history(estimator):
    """Return the history; for several networks, the mean over those that trained for as long.

    Entries of callbacks that are not numbers are left out.
    """
    histories = [getattr(member, "history_", {}) for _, member in members(estimator)]
    try:
        return {
            key: [float(np.mean(values)) for values in _by_epoch([h[key] for h in histories])]
            for key in histories[0]
            if all(isinstance(value, Real) for h in histories for value in h[key])
        }
    except (LookupError, TypeError, ValueError):  # of another library, in another form
        return {}


def _by_epoch(curves):
    """Return for each epoch the values of all curves that are long enough."""
    longest = max(map(len, curves))
    return [[curve[n] for curve in curves if n < len(curve)] for n in range(longest)]


def _count_parameters(estimator):
    """Return the number of fitted weights, or None if the model does not consist of weights."""
    networks = members(estimator)
    model = networks[0][1]  # several networks have the same size
    if hasattr(model, "n_parameters_"):
        return len(networks) * int(model.n_parameters_)
    for names in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if all(hasattr(model, name) for name in names):
            return len(networks) * sum(_size(getattr(model, name)) for name in names)
    return None


def _size(weights):
    """Return how many numbers an array, or a list of arrays, holds."""
    arrays = weights if isinstance(weights, list | tuple) else [weights]
    return int(sum(np.prod(np.shape(array)) for array in arrays))


def watch_epochs(estimator, report):
    """Report the epochs of a model, if it supports scikit-learn's callbacks; its own are kept."""
    model = last_step(estimator)
    if isinstance(model, CallbackSupportMixin):
        own = getattr(model, "_skl_callbacks", ())
        model.set_callbacks(*own, _EpochCallback(report))


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
