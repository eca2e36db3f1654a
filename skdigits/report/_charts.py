"""Drawings of a study: training curves, sweeps and searches."""

from dataclasses import replace
from itertools import product

import numpy as np
from scipy.stats import spearmanr

from skdigits.inspection._drawing import draw_frame
from skdigits.inspection._history import MARKERS, PALETTE
from skdigits.model_selection._model_results import mean_and_std
from skdigits.report import _blocks as blocks
from skdigits.report import _format as fmt
from skdigits.report._pictures import Drawing, training_curves

LINES = ("-", "--", ":", "-.")
SIZE = (4.0, 3.2)
SWEEP_SIZE = (4.0, 4.0)  # including the legend below
MOST_MODELS_WITH_BOTH_CURVES = 2
MOST_LETTERS_BELOW = 36  # of a name in a legend below the axes
MOST_LETTERS = 45  # at the ticks of an axis
LOG_FROM = 20  # ratio of the largest to the smallest value for a logarithmic axis


def curves(models, *, of):
    """Return drawings of the training curves of models, by name.

    Studies measure the test images after each epoch. If there are many models, the curves of
    training and test images get their own drawings, on the same scale.
    """
    histories = blocks.histories(models)
    apart = len(histories) > MOST_MODELS_WITH_BOTH_CURVES and blocks.is_validated(histories)
    drawings = {}
    for metric in blocks.metrics(histories):
        if not apart:
            drawings[metric] = training_curves(histories, metric, of=of, held_out="test")
            continue
        limits = _limits(histories, metric)
        for part, prefix in (("training", ""), ("test", "val_")):
            key = prefix + metric
            chosen = {
                name: [{key: run[key]} for run in runs if key in run]
                for name, runs in histories.items()
            }
            drawing = training_curves(chosen, metric, of=of, limits=limits, held_out="test")
            described = replace(drawing, description=f"{drawing.description}, {part}")
            drawings[f"{part}-{metric}"] = described
    return drawings


def _limits(histories, metric):
    values = [
        value
        for runs in histories.values()
        for run in runs
        for key in (metric, f"val_{metric}")
        for value in run.get(key, ())
        if np.isfinite(value)
    ]
    low, high = min(values), max(values)
    margin = 0.04 * (high - low or 1.0)
    return low - margin, high + margin


def sweep_charts(sweep, *, of):
    """Return the charts of a sweep by name: accuracy, and the number of epochs if that differs.

    The axis with the most values is horizontal. The next axis gives the lines. Each combination of
    the other axes has its own chart, on the same scale.
    """
    names = sorted(sweep.axes, key=lambda name: -len(sweep.axes[name]))
    horizontal, lines, rest = names[0], names[1:2], names[2:]
    name = blocks.axis_name(horizontal, sweep.axes[horizontal])
    table = {tuple(point[name] for name in names): point["runs"] for point in sweep.points}
    charts = {}
    for measure, value in (("accuracy", _percent_right), ("epochs", _n_epochs)):
        figures = {key: [value(run) for run in runs] for key, runs in table.items()}
        if measure == "epochs" and len({v for values in figures.values() for v in values}) < 2:
            continue
        most = 100 if measure == "accuracy" else np.inf
        limits = _chart_limits(figures.values(), most)
        for panel in product(*(sweep.axes[name] for name in rest)):
            setting = ", ".join(f"{fmt.words(n)} {v}" for n, v in zip(rest, panel, strict=True))
            series = {
                line: [
                    (label, figures[key])
                    for label in sweep.axes[horizontal]
                    if (key := (label, *([line] if lines else []), *panel)) in figures
                ]
                for line in (sweep.axes[lines[0]] if lines else [""])
            }
            axes = {"x": name, "y": measure, "title": setting, "most": most}
            charts[" ".join([measure, setting]).strip()] = Drawing(
                _sweep_plot(series, axes, limits),
                f"{measure.capitalize()} against {name.lower()}"
                f"{', ' + setting if setting else ''}{of}",
                SWEEP_SIZE,
            )
    return charts


def _percent_right(run):
    return 100 * run.accuracy


def _n_epochs(run):
    return len(run.history.get("loss", ()))


def _chart_limits(groups, most):
    """Return the ends of an axis for means with bars, at most a margin above `most`."""
    means = [(np.mean(values), _spread(values)) for values in groups]
    low, high = min(m - s for m, s in means), min(most, max(m + s for m, s in means))
    margin = 0.06 * (high - low or 1.0)
    return low - margin, high + margin


def _bars(means, spreads, most=100):
    """Return the lengths of bars below and above means; they stop at a figure, such as 100 %."""
    return [spreads, np.minimum(spreads, most - np.asarray(means))]


def _spread(values):
    return mean_and_std(values)["std"] or 0.0


def _sweep_plot(series, axes, limits):
    labels = list(dict.fromkeys(label for points in series.values() for label, _ in points))
    numbers = [_number(label) for label in labels]
    numeric = None not in numbers
    place = dict(zip(labels, numbers if numeric else range(len(labels)), strict=True))
    # Points are shifted a little, so that the bars of equal points do not hide each other.
    apart = np.diff(sorted(place.values()))
    step = min(0.12 * min(apart, default=1), 0.02 * sum(apart) or 0.12)

    def plot(ax):
        lines = fmt.short_names(series, most=MOST_LETTERS_BELOW)
        for index, (line, points) in enumerate(zip(lines, series.values(), strict=True)):
            shift = step * (index - (len(series) - 1) / 2)
            means = [np.mean(values) for _, values in points]
            spreads = [_spread(values) for _, values in points]
            ax.errorbar(
                [place[label] + shift for label, _ in points],
                means,
                yerr=_bars(means, spreads, axes["most"]),
                label=line,
                color=PALETTE[index % len(PALETTE)],
                marker=MARKERS[index % len(MARKERS)],
                linestyle=LINES[index % len(LINES)],
                markersize=4.5,
                capsize=2,
                elinewidth=0.8,
                linewidth=1.2,
            )
        draw_frame(ax, axes["x"], "Accuracy (%)" if axes["y"] == "accuracy" else "Epochs trained")
        if numeric:
            _mark_tested(ax, numbers)
        else:
            ax.set_xticks(range(len(labels)), fmt.short_names(labels))
        ax.set_ylim(*limits)
        ax.set_title(axes["title"], fontsize=10)
        if len(series) > 1:
            ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.18))

    return plot


def search_charts(search, *, of):
    """Return the charts of a search by name: the candidates, and the most telling parameter."""
    ranked = sorted(search.candidates, key=lambda candidate: -candidate["mean_test_score"])
    scores = [100 * candidate["mean_test_score"] for candidate in ranked]
    spreads = [100 * (candidate["std_test_score"] or 0.0) for candidate in ranked]

    def plot_candidates(ax):
        ax.errorbar(range(1, len(scores) + 1), scores, yerr=_bars(scores, spreads), **_DOTS)
        draw_frame(ax, "Candidates, the best first", "Mean accuracy over the folds (%)")
        ax.xaxis.get_major_locator().set_params(integer=True)

    charts = {
        "candidates": Drawing(
            plot_candidates, f"Accuracy of each candidate of the search{of}", SIZE
        )
    }
    if telling := _most_telling(ranked, scores):
        name, values = telling

        def plot_parameter(ax):
            ax.errorbar(values, scores, yerr=_bars(scores, spreads), **_DOTS)
            if min(values) > 0 and max(values) >= LOG_FROM * min(values):
                ax.set_xscale("log")
            _mark_tested(ax, values)
            draw_frame(ax, name, "Mean accuracy over the folds (%)")

        charts["parameter"] = Drawing(
            plot_parameter, f"Accuracy of each candidate against {name.lower()}{of}", SIZE
        )
    return charts


def _mark_tested(ax, values):
    """Put ticks at the values that were tested, and nowhere else, unless they are many."""
    tested = sorted(set(values))
    texts = [f"{value:g}" for value in tested]
    if len("".join(texts)) <= MOST_LETTERS:
        ax.set_xticks(tested, texts)
        ax.minorticks_off()
    elif ax.get_xscale() == "log":  # whose texts are TeX, which drawings show as it is
        ax.xaxis.set_major_formatter("{x:g}")
        # The ticks between powers of ten are needed where there is one power or none.
        ax.xaxis.set_minor_formatter("{x:g}" if tested[-1] < 10 * tested[0] else "")


_DOTS = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 5,
    "color": PALETTE[0],
    "ecolor": "#808080",
    "elinewidth": 0.9,
    "capsize": 2,
}


def _most_telling(candidates, scores):
    """Return the name and values of the parameter with the highest rank correlation."""
    columns = {}
    for name in candidates[0]["params"]:
        values = [candidate["params"][name] for candidate in candidates]
        if all(isinstance(value, int | float) for value in values):
            columns[fmt.words(name)] = values
        elif all(isinstance(value, list | tuple) for value in values):
            flat = [list(_flat(value)) for value in values]
            if all(isinstance(number, int | float) for numbers in flat for number in numbers):
                columns[f"{fmt.words(name)}, how many"] = [len(numbers) for numbers in flat]
                columns[f"{fmt.words(name)}, sum"] = [sum(numbers) for numbers in flat]
    varied = {name: values for name, values in columns.items() if len(set(values)) > 1}
    if not varied or len(set(scores)) < 2:
        return None
    strength = {name: abs(spearmanr(v, scores).statistic) for name, v in varied.items()}
    name = max(strength, key=lambda name: strength[name])
    return name, varied[name]


def _flat(value):
    """Yield the items of lists, and of lists in them."""
    for item in value:
        if isinstance(item, list | tuple):
            yield from _flat(item)
        else:
            yield item


def _number(label):
    """Return the number in a label, such as "14" or "(14,)", or None."""
    try:
        return float(str(label).strip("()[], "))
    except ValueError:
        return None
