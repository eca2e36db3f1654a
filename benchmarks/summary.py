"""From the measures of all runs to medians, ratios, and bars met or not."""

from statistics import mean, median
from typing import NamedTuple

from benchmarks.peers import LABELS


class Measure(NamedTuple):
    """How a measure is named, shown and compared."""

    name: str
    unit: str
    compares: bool  # whether a ratio to skdigits says something: not of shares, nor near zero


MEASURES = {
    "seconds": Measure("all included", "s", True),
    "further_epoch": Measure("each further epoch", "s", True),
    "call_ms": Measure("a call", "ms", True),
    "import_alone": Measure("module alone", "s", False),
    "import_name": Measure("with its first name", "s", True),
    "growth_mb": Measure("growth after the tenth fit", "MB", False),
    "peak_mb": Measure("peak memory", "MB", True),
    "train_accuracy": Measure("accuracy, training images", "%", False),
    "test_accuracy": Measure("accuracy, test images", "%", False),
    "score": Measure("mean accuracy", "%", False),
}

STEPS = "steps_per_execution"  # stands among the measures of Keras and SciKeras


class Verdict(NamedTuple):
    """A bar beside what was found."""

    bar: str
    found: str
    met: bool | None  # None where a peer is missing


def summarise(row, runs):
    """Return one value for each peer and measure: medians, of accuracies means.

    Parameters
    ----------
    row : Row or Growth

    runs : dict
        Lists of measures, one a run, by peer.

    Returns
    -------
    dict of dict
        Values by peer and measure. Those of a peer that tried several `steps_per_execution` are
        of the fastest, which stands beside them.
    """
    values = {}
    for peer, measures in runs.items():
        steps = fastest_steps(row, measures)
        taken = [run for run in measures if run.get(STEPS) == steps]
        values[peer] = {
            name: (mean if MEASURES[name].unit == "%" else median)([run[name] for run in taken])
            for name in taken[0]
            if name in MEASURES
        }
        if steps is not None:
            values[peer][STEPS] = steps
    return values


def fastest_steps(row, measures):
    """Return the `steps_per_execution` whose first run has the least of the row's first measure.

    Its later runs do not change that. None for a peer that has no such switch.
    """
    first = {run.get(STEPS): run[row.measures[0]] for run in reversed(measures)}
    return min(first, key=first.__getitem__)


def ratio(values, measure, peer):
    """Return how many times skdigits's value a peer's is; None where there is none to compare."""
    try:
        own, other = values["skdigits"][measure], values[peer][measure]
    except KeyError:
        return None
    return other / own if own > 0 else None


def verdicts(row, values):
    """Hold a row's values against its bars."""
    return [_judge(bar, values) for bar in row.bars]


def _judge(bar, values):
    measure = MEASURES[bar.measure]
    if bar.peer:
        name = LABELS[bar.peer]
        text = f"no slower than {name}" if bar.ratio == 1 else f"{bar.ratio:g} x {name}"
        found = ratio(values, bar.measure, bar.peer)
        shown = "-" if found is None else f"{found:.2f} x"
        met = None if found is None else found >= bar.ratio
    else:
        sign, limit = (">=", bar.at_least) if bar.at_least else ("<", bar.at_most)
        text = f"{sign} {show(limit, measure)}"
        found = values.get("skdigits", {}).get(bar.measure)
        shown = show(found, measure)
        met = None if found is None else (found >= limit if bar.at_least else found < limit)
    return Verdict(f"{measure.name}: {text}", shown, met)


def show(value, measure):
    """Write a value with its unit, three digits that count."""
    if value is None:
        return "-"
    if measure.unit == "%":
        return f"{100 * value:.2f} %"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f} {measure.unit}"
