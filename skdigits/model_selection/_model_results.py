"""What fits gave, as plain data, and how several are summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

MEASURES = (
    "accuracy",
    "macro_f1",
    "log_loss",
    "expected_calibration_error",
    "fit_seconds",
    "predict_seconds",
)


@dataclass(frozen=True)
class Run:
    """What one fit of one model gave, on the images that it had not seen.

    Attributes
    ----------
    accuracy : float
        Fraction of images given the right label.
    macro_f1 : float
        Mean of the harmonic mean of precision and recall, over the classes that the evaluated
        images or the predictions have.
    log_loss : float or None
        Mean of minus the natural logarithm of the probability given to the right label; None
        for a model without ``predict_proba``.
    fit_seconds, predict_seconds : float
        Wall time of ``fit`` on all training images, and of ``predict`` on all evaluated ones.
    history : dict of str to list of float
        One value an epoch, as in the estimator's ``history_``; empty where it has none.
    expected_calibration_error : float or None
        Mean distance between the probability given to the predicted label and how often that is
        right, as `skdigits.metrics.expected_calibration_error` measures it; None for a model
        without ``predict_proba``, and for a run that was stored before it was measured.
    """

    accuracy: float
    macro_f1: float
    log_loss: float | None
    fit_seconds: float
    predict_seconds: float
    history: dict[str, list[float]] = field(default_factory=dict)
    expected_calibration_error: float | None = None


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
        One for the test split, or one a fold, or one a seed.
    mean, std : dict of str to (float or None)
        Of each measure over the runs; None where a run lacks it. ``std`` is None also where there
        is one run.
    confusion : list of list of int
        Rows are the true classes, columns the predicted ones, summed over the runs.
    per_class : list of dict
        For each class its ``label``, ``precision``, ``recall``, ``f1`` and ``support``, over the
        predictions of all runs. A class without an image has no recall, and one that was not
        predicted either has neither of the others: these are None.
    mistakes : dict of str to list
        The misclassified images as columns: ``index`` (position in the evaluated images),
        ``label``, ``predicted`` and ``probability`` (of the predicted label, or None).
    against_best : dict or None
        Against the best model on the same images: ``only_best_right`` and ``only_this_right``
        count the images that one of the two got right, ``p_value`` is the exact sign test's
        (McNemar's). None for the best model itself, and where the runs are seeds: they meet the
        same images again and again, which the test doesn't allow for.
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
    """How several models did on the same images: what `compare` found, or a part of a study.

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
        Shape of one row of ``X``; empty for pictures of several sizes.
    n_train, n_evaluated : int
        Number of images a model learnt from (in each fold, the smallest number) and number of
        predictions that its measures rest on.
    n_folds : int or None
        Number of folds, or None for a separate test set.
    random_state : int or None
        The seed; of several, the first.
    n_seeds : int or None
        Number of seeds that each model was trained with, where these are the runs.
    """

    models: list[ModelResult]
    best: str
    classes: list
    image_shape: list[int]
    n_train: int
    n_evaluated: int
    n_folds: int | None
    random_state: int | None
    n_seeds: int | None = None

    def __getitem__(self, name):
        """Return the `ModelResult` called ``name``."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    def to_dict(self):
        """Return everything as plain dicts, lists and numbers, ready for strict JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """One fit and all that it is judged by.

    Attributes
    ----------
    run : Run
        Its measures.
    n_parameters, confusion, mistakes
        As in `ModelResult`, of this fit alone.
    """

    run: Run
    n_parameters: int | None
    confusion: list[list[int]]
    mistakes: dict[str, list]


def summarize(name: str, estimator: str, outcomes: Sequence[Outcome], classes: list) -> ModelResult:
    """Sum up the outcomes of one model."""
    runs = [outcome.run for outcome in outcomes]
    mean, std = measure_means(runs)
    confusion = np.sum([outcome.confusion for outcome in outcomes], axis=0)
    return ModelResult(
        name=name,
        estimator=estimator,
        n_parameters=outcomes[-1].n_parameters,
        runs=runs,
        mean=mean,
        std=std,
        confusion=confusion.tolist(),
        per_class=_per_class(confusion, classes),
        mistakes={
            column: [value for outcome in outcomes for value in outcome.mistakes[column]]
            for column in outcomes[0].mistakes
        },
    )


def rank(result):
    """Sort the best model first: highest accuracy, then lowest log loss."""
    loss = result.mean["log_loss"]
    return -result.mean["accuracy"], np.inf if loss is None else loss


def measure_means(runs):
    """Return the mean of each measure over the runs, and its sample standard deviation."""
    mean, std = {}, {}
    for measure in MEASURES:
        values = [getattr(run, measure) for run in runs]
        known = None not in values
        mean[measure] = float(np.mean(values)) if known else None
        std[measure] = float(np.std(values, ddof=1)) if known and len(values) > 1 else None
    return mean, std


def _per_class(confusion, classes):
    n_classes = len(classes)
    columns = precision_recall_fscore_support(
        np.repeat(np.arange(n_classes), n_classes),
        np.tile(np.arange(n_classes), n_classes),
        sample_weight=confusion.ravel(),
        zero_division=np.nan,
    )
    return [
        {
            "label": label,
            "precision": _known(precision, 0.0 if support else None),
            "recall": _known(recall, None),
            "f1": _known(f1, None),
            "support": int(support),
        }
        for label, precision, recall, f1, support in zip(
            classes, *(column.tolist() for column in columns), strict=True
        )
    ]


def _known(value, otherwise):
    return otherwise if np.isnan(value) else value


def sign_test(best: Sequence[Outcome], other: Sequence[Outcome]) -> dict[str, Any]:
    """Compare two models on the images that exactly one of them got right."""
    best_wrong, other_wrong = (
        {(number, index) for number, o in enumerate(of) for index in o.mistakes["index"]}
        for of in (best, other)
    )
    only_best, only_this = len(other_wrong - best_wrong), len(best_wrong - other_wrong)
    differing = only_best + only_this
    p_value = binomtest(only_best, differing).pvalue if differing else 1.0
    return {"only_best_right": only_best, "only_this_right": only_this, "p_value": float(p_value)}
