"""Drawings of a search: the best accuracy so far, and what the parameters have to do with it."""

from itertools import accumulate
from textwrap import fill

import numpy as np

from skdigits._shown_numbers import NARROW_SPACE
from skdigits.inspection._drawing import draw_frame
from skdigits.inspection._history import PALETTE
from skdigits.model_selection._search_space import text_of_choice
from skdigits.report import _format as fmt
from skdigits.report._pictures import INK, PAPER, Drawing

SIZE = (4.0, 3.2)
MOST_PARAMETERS = 7  # in one drawing of all trials
WIDTH_OF_AXIS, HEIGHT_OF_AXES = 1.2, 4.2
MOST_LETTERS_IN_LINE = 13  # below an axis
BAR_HEIGHT = 0.45  # inches
MARGIN = 0.04  # of the axis above 100 %
BLUE, ORANGE = PALETTE[:2]
GREY = "#909090"
FROM_MINUTES = 300  # seconds
BEST_SHARE = 0.25  # of the trials, drawn in blue


def tuning_charts(trials, space, importances, best, *, of):
    """Return the drawings of a search by name.

    Parameters
    ----------
    trials : list of TrialResult
        Those with an accuracy, in the order in which they were finished.
    space, importances
        As of `TuningResult`.
    best : TrialResult
    of : str
        What was searched, for the descriptions.
    """
    numbers = list(range(1, len(trials) + 1))
    times = list(accumulate(trial.seconds for trial in trials))
    unit, n_seconds = ("minutes", 60) if times[-1] > FROM_MINUTES else ("seconds", 1)
    times = [time / n_seconds for time in times]
    drawings = {
        "progress-trials": _progress(trials, numbers, "Trials", of),
        "progress-time": _progress(trials, times, f"Time of all trainings ({unit})", of),
    }
    if importances:
        drawings["importance"] = _importance(importances, of)
    complete = [trial for trial in trials if trial.state == "complete"]
    shown = sorted(space, key=lambda name: -importances.get(name, 0.0))[:MOST_PARAMETERS]
    space = {name: values for name, values in space.items() if name in shown}
    drawings["parameters"] = _parallel_coordinates(complete, space, best, of)
    return drawings


def _progress(trials, places, x, of):
    groups = {
        "complete": {"marker": "o", "color": BLUE, "label": "Complete"},
        "pruned": {"marker": "v", "color": GREY, "label": "Stopped early"},
    }
    best_so_far = list(accumulate((_final(trial) for trial in trials), np.fmax))

    def plot(ax):
        ax.step(places, best_so_far, where="post", color=ORANGE, linewidth=1.4, label="Best so far")
        for state, style in groups.items():
            at = [n for n, trial in enumerate(trials) if trial.state == state]
            if at:
                accuracies = [100 * trials[n].accuracy for n in at]
                ax.plot(
                    [places[n] for n in at], accuracies, linestyle="none", markersize=5, **style
                )
        draw_frame(ax, x, "Accuracy on held-out images (%)")
        if x == "Trials":
            ax.xaxis.get_major_locator().set_params(integer=True)
        low, high = ax.get_ylim()
        ax.set_ylim(low, min(high, 100 + MARGIN * (100 - low)))
        ax.legend(
            frameon=False,
            loc="upper center",
            bbox_to_anchor=(0.45, -0.18),
            ncols=3,
            handlelength=1.2,
            columnspacing=1.0,
        )

    over = "the time of all trainings" if "Time" in x else "the trials"
    text = f"Accuracy on the held-out images over {over}, and the best so far{of}"
    return Drawing(plot, text, SIZE)


def _final(trial):
    """Return an accuracy in percent that counts for the best; that of a stopped trial does not."""
    return 100 * trial.accuracy if trial.state == "complete" else np.nan


def _importance(importances, of):
    names = list(importances)[::-1]

    def plot(ax):
        shares = [100 * importances[name] for name in names]
        bars = ax.barh([fmt.words(name) for name in names], shares, color=BLUE, height=0.6)
        ax.bar_label(bars, [f"{share:.0f}{NARROW_SPACE}%" for share in shares], padding=3)
        ax.set(xlabel="Share of the importance (%)", xlim=(0, 1.15 * max(shares)))
        ax.set_xticks([tick for tick in ax.get_xticks() if tick <= 100])
        ax.spines[["top", "right"]].set_visible(False)

    shares = ", ".join(f"{fmt.words(n)} {100 * v:.0f} %" for n, v in importances.items())
    return Drawing(
        plot,
        f"Importance of the parameters: {shares}{of}",
        (SIZE[0], 1.1 + BAR_HEIGHT * len(names)),
    )


def _parallel_coordinates(trials, space, best, of):
    """Return a line for each trial, through its value of each parameter to its accuracy."""
    axes = [(fmt.words(name), *_axis(name, values, trials)) for name, values in space.items()]
    accuracies = [100 * trial.accuracy for trial in trials]
    axes.append(("Accuracy (%)", *_numbers(min(accuracies), max(accuracies), accuracies)))
    lines = list(zip(*(heights for _, heights, _ in axes), strict=True))
    order = np.argsort(accuracies, kind="stable")
    n_best = max(1, round(BEST_SHARE * len(trials)))
    marked = next(n for n, trial in enumerate(trials) if trial.number == best.number)

    def plot(ax):
        for rank, n in enumerate(order):
            is_good = rank >= len(order) - n_best
            color, alpha = (BLUE, 0.8) if is_good else (GREY, 0.5)
            ax.plot(lines[n], color=color, linewidth=1.0, alpha=alpha)
        ax.plot(lines[marked], color=ORANGE, linewidth=2.4)
        for place, (_, _, ticks) in enumerate(axes):
            ax.axvline(place, color=INK, linewidth=0.8)
            for height, text in ticks:
                ax.annotate(
                    text,
                    (place, height),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9,
                    bbox={"facecolor": PAPER, "alpha": 0.75, "linewidth": 0, "pad": 1},
                )
        names = [fill(name, MOST_LETTERS_IN_LINE) for name, _, _ in axes]
        ax.set_xticks(range(len(axes)), names)
        ax.set(yticks=[], xlim=(-0.1, len(axes) - 0.6), ylim=(-0.06, 1.06))
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)

    text = f"The parameters and the accuracy of each complete trial{of}"
    return Drawing(plot, text, (WIDTH_OF_AXIS * (len(axes) + 1), HEIGHT_OF_AXES))


def _axis(name, values, trials):
    """Return the height of each trial on the axis of a parameter, and the ticks of the axis."""
    given = [trial.params[name] for trial in trials]
    if isinstance(values, dict):
        is_log = values["distribution"] == "loguniform"
        return _numbers(values["low"], values["high"], given, is_log=is_log)
    step = 1 / max(1, len(values) - 1)
    ticks = [(step * n, text) for n, text in enumerate(fmt.short_names(map(_sizes, values)))]
    return [step * values.index(text_of_choice(value)) for value in given], ticks


def _sizes(text):
    """Return the text of a tuple as the page shows it elsewhere, such as "256 + 128"."""
    return text.strip("()").rstrip(",").replace(", ", " + ")


def _numbers(low, high, given, *, is_log=False):
    """Return heights and ticks on an axis of numbers, from 0 to 1."""
    scale = np.log if is_log else np.asarray
    ends = scale(np.array([low, high], float))
    width = ends[1] - ends[0] or 1.0
    heights = (scale(np.array(given, float)) - ends[0]) / width
    places = np.linspace(0, 1, 5) if high > low else [0.0]
    numbers = ends[0] + width * np.array(places)
    numbers = np.exp(numbers) if is_log else numbers
    ticks = [(height, f"{number:.3g}") for height, number in zip(places, numbers, strict=True)]
    return heights.tolist(), ticks
