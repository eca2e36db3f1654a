"""Results of fits as plain data, and functions that sum them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from scipy.stats import binom, ttest_rel
from sklearn.metrics import precision_recall_fscore_support

from skdigits.model_selection._table import as_text, comparison_table, rank, ranked

ROUNDING = 1e-9  # of differences of accuracies that are equal in images

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
    """Measures of one fitted model on some images.

    Attributes
    ----------
    accuracy : float
        Fraction of images with the right label.
    macro_f1 : float
        Mean of the harmonic mean of precision and recall, over the classes that the evaluated
        images or the predictions have.
    log_loss : float or None
        Mean of minus the natural logarithm of the probability of the right label; None for a model
        without ``predict_proba``.
    fit_seconds : float or None
        Wall time of ``fit`` on all training images; None if the model was fitted before.
    predict_seconds : float
        Wall time of ``predict`` on all evaluated images.
    history : dict of str to list of float
        One value an epoch, as in ``history_`` of the estimator; empty if it has no history.
    expected_calibration_error : float or None
        See `skdigits.metrics.expected_calibration_error`; None for a model without
        ``predict_proba``, and for runs that older versions stored without it.
    has_test_curves : bool
        Whether the "val_loss" and "val_accuracy" of the history are of the evaluated images. Those
        of a network that stops early by a validation score are of images that it sets aside.
    """

    accuracy: float
    macro_f1: float
    log_loss: float | None
    fit_seconds: float | None
    predict_seconds: float
    history: dict[str, list[float]] = field(default_factory=dict)
    expected_calibration_error: float | None = None
    has_test_curves: bool = False


@dataclass(frozen=True)
class ModelResult:
    """Results of one model over all its runs.

    Attributes
    ----------
    name : str
        The caller's name for the model.
    estimator : str
        The estimator, or the last step of a pipeline, as scikit-learn prints it.
    n_parameters : int or None
        Number of fitted weights; None for a model that does not consist of weights, or has not the
        same number of them in each run, as a search that chooses another network in each fold.
    runs : list of Run
        One run for the test split, or one for each fold or seed.
    mean, std : dict of str to (float or None)
        Mean and standard deviation of each measure over the runs; None if a run lacks the measure.
        ``std`` is also None for a single run.
    confusion : list of list of int
        Rows are the true classes, columns the predicted ones, summed over the runs.
    per_class : list of dict
        For each class its ``label``, ``precision``, ``recall``, ``f1`` and ``support``, over the
        predictions of all runs. Values that are not defined are None: the recall of a class without
        images, and all three if the class was not predicted either.
    mistakes : dict of str to list
        The misclassified images as columns: ``index`` (position in the evaluated images),
        ``label``, ``predicted`` and ``probability`` (of the predicted label; may be None).
    against_best : dict or None
        Comparison with the best model on the same images: ``only_best_right`` and
        ``only_this_right`` count the images that one of the two predicted correctly; ``p_value`` is
        that of the exact sign test (McNemar's). If splits repeat images, they count the images that
        one predicted correctly more often, and the exact permutation test compares how much more
        often. With several seeds, ``mean``, ``std`` and ``n`` are of the best model's lead in
        accuracy, seed by seed, ``n_won`` is the number of seeds with a lead, and ``p_value`` that
        of the paired t-test. If the lead is the same with each seed, as that of models without
        randomness, it is compared by images as if splits repeated them, and has those counts. None
        for the best model itself, and in studies, which have their own comparison.
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


@dataclass(frozen=True, repr=False)
class Comparison:
    """Results of several models on the same images, from `compare`, `evaluate` or a study.

    It prints as its table, the best model first.

    Attributes
    ----------
    models : list of ModelResult
        In the caller's order.
    best : str
        Name of the model with the highest mean accuracy; if several have it, of the one with the
        lowest log loss, or else the first.
    classes : list
        The labels, sorted, as plain Python values.
    image_shape : list of int
        Shape of one row of ``X``; empty for pictures of several sizes.
    n_train : int or None
        Number of images that a model was trained on, the smallest number of all folds; None if the
        models were fitted before.
    n_evaluated : int
        Number of predictions that were measured.
    n_images : int
        Number of images that they are of. Seeds and repeated splits predict an image several times.
    n_folds : int or None
        Number of folds or other splits, or None for a separate test set.
    random_state : int or None
        The seed, or the first of several.
    n_seeds : int or None
        Number of seeds that each model was trained with, if the runs are seeds.
    """

    models: list[ModelResult]
    best: str
    classes: list
    image_shape: list[int]
    n_train: int | None
    n_evaluated: int
    n_images: int
    n_folds: int | None
    random_state: int | None
    n_seeds: int | None = None

    def __getitem__(self, name):
        """Return the `ModelResult` called ``name``."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    def __repr__(self):
        """Return the table of the measures as text."""
        return as_text(*comparison_table(self))

    def to_frame(self):
        """Return the measures as a data frame, which needs pandas.

        Returns
        -------
        frame : pandas.DataFrame
            A row for each model, the best first, with its name in the index. The columns are the
            means of the measures of `Run` and ``n_parameters``. With several runs, each measure has
            its standard deviation beside it, such as ``accuracy_std``. What a model lacks is NaN.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_frame needs pandas: pip install pandas") from error
        models = ranked(self)
        columns = {}
        for measure in MEASURES:
            columns[measure] = [model.mean.get(measure) for model in models]
            if any(len(model.runs) > 1 for model in models):
                columns[f"{measure}_std"] = [model.std.get(measure) for model in models]
        columns["n_parameters"] = [model.n_parameters for model in models]
        index = pd.Index([model.name for model in models], name="model")
        return pd.DataFrame(columns, index=index, dtype=float)

    def to_dict(self):
        """Return everything as plain dicts, lists and numbers, ready for strict JSON.

        Returns
        -------
        plain : dict
            The attributes by name.
        """
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """Result of one fit.

    Attributes
    ----------
    run : Run
        Its measures.
    n_parameters, confusion, mistakes
        As in `ModelResult`, for this fit alone.
    """

    run: Run
    n_parameters: int | None
    confusion: list[list[int]]
    mistakes: dict[str, list]


def compare_outcomes(descriptions, outcomes, classes, **facts) -> Comparison:
    """Return what `sum_up` returns; each model is also compared with the best one.

    With several seeds, the outcomes of a model are paired by seed; otherwise by image.
    """
    comparison = sum_up(descriptions, outcomes, classes, **facts)
    best, test = comparison.best, seed_test if (comparison.n_seeds or 1) > 1 else image_test
    models = [
        model
        if model.name == best
        else replace(model, against_best=test(outcomes[best], outcomes[model.name]))
        for model in comparison.models
    ]
    return replace(comparison, models=models)


def sum_up(descriptions, outcomes, classes, **facts) -> Comparison:
    """Return a comparison of models from their outcomes.

    Parameters
    ----------
    descriptions : dict of str to str
        The estimators as text, by the name of the model.
    outcomes : dict of str to list of Outcome
    classes : list
    **facts
        The other attributes of a `Comparison`.
    """
    models = [summarize(name, descriptions[name], outcomes[name], classes) for name in outcomes]
    best = min(models, key=rank)
    n_evaluated = int(np.sum(best.confusion))
    return Comparison(
        models=models, best=best.name, classes=classes, n_evaluated=n_evaluated, **facts
    )


def summarize(name: str, estimator: str, outcomes: Sequence[Outcome], classes: list) -> ModelResult:
    """Sum up the outcomes of one model."""
    runs = [outcome.run for outcome in outcomes]
    sizes = {outcome.n_parameters for outcome in outcomes}
    mean, std = measure_means(runs)
    confusion = np.sum([outcome.confusion for outcome in outcomes], axis=0)
    return ModelResult(
        name=name,
        estimator=estimator,
        n_parameters=sizes.pop() if len(sizes) == 1 else None,
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


def measure_means(runs):
    """Return the mean of each measure over the runs, and its sample standard deviation."""
    mean, std = {}, {}
    for measure in MEASURES:
        values = [getattr(run, measure) for run in runs]
        found = {} if None in values else mean_and_std(values)
        mean[measure], std[measure] = found.get("mean"), found.get("std")
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


def image_test(best: Sequence[Outcome], other: Sequence[Outcome]) -> dict[str, Any]:
    """Compare two models by how much more often each was right on an image.

    The test takes images as independent of each other, so each counts once, however many splits
    evaluate it.
    """
    best_wrong, other_wrong = (
        Counter(index for outcome in of for index in outcome.mistakes["index"])
        for of in (best, other)
    )
    images = best_wrong.keys() | other_wrong.keys()
    leads = np.array([other_wrong[image] - best_wrong[image] for image in images], int)
    return {
        "only_best_right": int(np.sum(leads > 0)),
        "only_this_right": int(np.sum(leads < 0)),
        "p_value": sign_flip_test(leads),
    }


def sign_flip_test(leads) -> float:
    """Return the exact p-value of a positive sum of whole numbers, if chance gives each its sign.

    For leads of 1 and -1 only, it is that of the sign test.
    """
    chances = np.ones(1)  # of each sum, from the lowest to the highest
    for size, n in zip(*np.unique(np.abs(leads[leads != 0]), return_counts=True), strict=True):
        of_size = np.zeros(2 * size * n + 1)
        of_size[:: 2 * size] = binom.pmf(np.arange(n + 1), n, 0.5)
        chances = np.convolve(chances, of_size)
    lowest = -(len(chances) // 2)
    # Both sides are as likely. If splits differ in size, the more accurate model may be behind in
    # this sum, which is no evidence for it: so not the probability of a sum as far from 0.
    return min(1.0, 2 * float(chances[leads.sum() - lowest :].sum()))


def seed_test(best: Sequence[Outcome], other: Sequence[Outcome]) -> dict[str, Any]:
    """Compare two models by their accuracies, paired by seed.

    If all seeds give the same lead, the training has no randomness that the t-test could compare
    it with. Then only the choice of the images leaves a doubt.
    """
    ours, theirs = ([outcome.run.accuracy for outcome in of] for of in (best, other))
    leads = np.subtract(ours, theirs)
    lead = {**mean_and_std(leads), "n_won": int(np.sum(leads > 0))}
    p_value = paired_t_test(ours, theirs)
    return {**lead, **(image_test(best, other) if p_value is None else {"p_value": p_value})}


def paired_t_test(ours, theirs) -> float | None:
    """Return the p-value of the paired t-test, or None if all differences are equal."""
    differences = np.subtract(ours, theirs)
    testable = len(differences) > 1 and np.ptp(differences) > ROUNDING
    return float(ttest_rel(ours, theirs).pvalue) if testable else None


def mean_and_std(values) -> dict[str, Any]:
    """Return mean, sample standard deviation (None for one value) and number of values."""
    std = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "std": std, "n": len(values)}
