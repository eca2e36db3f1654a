"""Published figures beside ours."""

from dataclasses import asdict

import numpy as np

from skdigits.model_selection._model_results import mean_and_std
from skdigits.studies._study_results import PublishedResult


def compare_published(published, experiments):
    """Return a `PublishedResult` for each published figure whose experiment and data were run.

    Parameters
    ----------
    published : sequence of Published
        The published figures.
    experiments : list of (ExperimentResult, SweepResult or SearchResult)
        Our results.

    Returns
    -------
    list of PublishedResult
    """
    found = {(result.name, result.data): result for result in experiments}
    return [
        _beside(claim, found[claim.experiment, claim.data])
        for claim in published
        if (claim.experiment, claim.data) in found
    ]


def _beside(claim, result):
    if result.kind == "sweep":
        point = min(result.points, key=lambda point: point["mean"]["accuracy"])
        values, note = _figures(point["runs"], claim.measure), _lowest(point, result.axes)
    else:
        values, note = _figures(result.comparison[claim.model].runs, claim.measure), ""
        if claim.against is not None:
            other = _figures(result.comparison[claim.against].runs, claim.measure)
            values = np.subtract(values, other)
    ours = mean_and_std(values)
    return PublishedResult(
        **{**asdict(claim), "note": " ".join(filter(None, (claim.note, note)))},
        **ours,
        difference=None if claim.value is None else ours["mean"] - claim.value,
    )


def _figures(runs, measure):
    return [_figure(run, measure) for run in runs]


def _lowest(point, axes):
    return "Lowest: " + ", ".join(f"{axis} {point[axis]}" for axis in axes) + "."


def _figure(run, measure):
    """Return a figure of one run; `Published` describes the measures."""
    if measure == "train_accuracy":
        return run.history["accuracy"][-1]
    if measure == "unsteadiness":
        losses = run.history["val_loss"]
        return float(np.mean(np.abs(np.diff(losses[len(losses) // 2 :]))))
    return getattr(run, measure)
