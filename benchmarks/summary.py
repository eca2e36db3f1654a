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
    "one_image_ms": Measure("one image", "ms", True),
    "many_images": Measure("10,000 images", "s", True),
    "import_alone": Measure("module alone", "s", False),
    "import_name": Measure("with its first name", "s", True),
    "growth_mb": Measure("growth after the tenth fit", "MB", False),
    "peak_mb": Measure("peak memory", "MB", True),
    "train_accuracy": Measure("accuracy, training images", "%", False),
    "test_accuracy": Measure("accuracy, test images", "%", False),
    "score": Measure("mean accuracy", "%", False),
}


class Verdict(NamedTuple):
    """A bar beside what was found."""

    bar: str
    found: str
    met: bool | None  # None where a peer is missing


def summarise(runs):
    """Return one value for each peer and measure: medians, of accuracies means.

    Parameters
    ----------
    runs : dict
        Lists of measures, one a run, by peer.

    Returns
    -------
    dict of dict
        Values by peer and measure.
    """
    return {
        peer: {
            name: (mean if MEASURES[name].unit == "%" else median)([run[name] for run in measures])
            for name in measures[0]
            if name in MEASURES
        }
        for peer, measures in runs.items()
    }


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
