"""Statistics over the seeds of a study: means, and differences that are paired by seed."""

from __future__ import annotations

import numpy as np

from skdigits.model_selection._model_results import ModelResult, mean_and_std, paired_t_test
from skdigits.studies._study_results import ClassDifference, PairedDifference

LOWER_IS_BETTER = ("log_loss",)


def paired_differences(best: ModelResult, others: list[ModelResult]) -> list[PairedDifference]:
    """Compare the best model with the others, paired by seed."""
    return [
        _paired_difference(best, other, measure)
        for measure in ("accuracy", "log_loss")
        for other in others
    ]


def _paired_difference(best, other, measure):
    ours, theirs = ([getattr(run, measure) for run in model.runs] for model in (best, other))
    differences = np.subtract(ours, theirs)
    sign = -1 if measure in LOWER_IS_BETTER else 1
    return PairedDifference(
        best=best.name,
        other=other.name,
        measure=measure,
        **mean_and_std(differences),
        p_value=paired_t_test(ours, theirs),
        n_won=int(np.sum(sign * differences > 0)),
    )


def class_differences(best, other, confusions, classes) -> list[ClassDifference]:
    """Compare the recall of each class of two models, paired by seed.

    Parameters
    ----------
    best, other : str
        The models.
    confusions : dict of str to list of confusion matrix
        The matrices of each model, one for each seed.
    classes : list
        The classes, in the order of the matrices.
    """
    ours, theirs = (_recalls(confusions[name]) for name in (best, other))
    p_values = _holm([paired_t_test(*pair) for pair in zip(ours.T, theirs.T, strict=True)])
    return [
        ClassDifference(best, other, label, **mean_and_std(differences), p_value=p_value)
        for label, differences, p_value in zip(classes, (ours - theirs).T, p_values, strict=True)
    ]


def _recalls(confusions):
    """Return the recall of each seed and class."""
    return np.array(
        [np.diag(matrix) / np.maximum(np.sum(matrix, axis=1), 1) for matrix in confusions]
    )


def _holm(p_values):
    """Adjust p-values for their number by Holm's method; None stays None."""
    adjusted, lowest = list(p_values), 0.0
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    for rank, (p, i) in enumerate(tested):
        lowest = adjusted[i] = min(1.0, max(lowest, p * (len(tested) - rank)))
    return adjusted
