"""Curves of a training, epoch by epoch."""

import numpy as np

from skdigits._nested import last_step
from skdigits._open_estimators import members
from skdigits.inspection._drawing import draw_frame, new_axes

# The palette of Okabe and Ito for colour-blind readers, without its pale yellow.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P")
MOST_MARKERS = 12  # on one curve


class HistoryDisplay:
    """Curves of a metric over the epochs of training, with one colour and marker for each model.

    The training curve is a solid line with filled markers. The validation curve is a dashed line
    with open markers, so that the two differ in black and white too.

    Parameters
    ----------
    histories : dict of str to (dict or list of dict)
        For each model its ``history_``, or a list with the histories of several runs. For several
        runs, the mean over all runs that reached an epoch is drawn, with a band from the lowest to
        the highest value.
    metric : str, default="loss"
        Key of the histories. The validation curve has the key ``"val_" + metric`` and is drawn if
        it exists.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure that holds them.
    lines_ : list of matplotlib Line2D
        The curves.

    Raises
    ------
    ValueError
        If no history has the metric.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : A score against the number of training samples.

    Examples
    --------
    >>> from skdigits.inspection import HistoryDisplay
    >>> history = {"loss": [0.9, 0.4, 0.2], "val_loss": [0.8, 0.5, 0.4]}
    >>> display = HistoryDisplay({"mlp": history}).plot()
    >>> [line.get_label() for line in display.lines_]
    ['mlp, training', 'mlp, validation']
    """

    def __init__(self, histories, *, metric="loss"):
        self.histories = histories
        self.metric = metric

    @classmethod
    def from_estimator(cls, estimator, *, metric="loss", name=None, ax=None):
        """Draw the ``history_`` of a fitted estimator.

        Parameters
        ----------
        estimator : fitted estimator
            An estimator with ``history_``. Also a Pipeline, a search, an AveragingClassifier or a
            CalibratedClassifierCV with one. For several members, the mean is drawn.
        metric : str, default="loss"
            Key of the history.
        name : str, default=None
            Name in the legend. If None, the name of the class.
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        HistoryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no ``history_``, or if no history has the metric.
        TypeError
            If `estimator` is a list; `HistoryDisplay` itself draws several.
        """
        if isinstance(estimator, list | tuple | dict):
            raise TypeError(
                "HistoryDisplay.from_estimator draws one estimator; draw several by their names, "
                'as HistoryDisplay({"first": first.history_, "second": second.history_}).plot().'
            )
        found = [member for _, member in members(estimator)]
        for member in found:
            if not hasattr(member, "history_"):
                raise ValueError(f"{type(member).__name__} has no history_; fit it first.")
        if name is None:
            name = type(found[0] if len(found) == 1 else last_step(estimator)).__name__
        return cls({name: [member.history_ for member in found]}, metric=metric).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        HistoryDisplay
            This display.
        """
        curves = [
            (index, f"{name}, {part}", runs, part)
            for index, (name, history) in enumerate(self.histories.items())
            for key, part in ((self.metric, "training"), (f"val_{self.metric}", "validation"))
            if (runs := _runs_with(history, key))
        ]
        if not curves:
            raise ValueError(f"No history has the metric {self.metric!r}.")
        self.ax_ = new_axes(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = [self._draw(*curve) for curve in curves]
        longest = max(len(run) for _, _, runs, _ in curves for run in runs)
        draw_frame(self.ax_, "Epoch", self.metric.replace("_", " ").capitalize())
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.set_xlim(1 - 0.04 * longest, 1.04 * longest)
        labels = [line.get_label() for line in self.lines_]
        legend = self.ax_.legend(self.lines_, labels, frameon=False)
        for text in legend.get_texts():
            text.set_parse_math(False)
        return self

    def _draw(self, index, label, runs, part):
        longest = max(len(run) for run in runs)
        epochs = np.arange(1, longest + 1)
        values = np.ma.masked_all((len(runs), longest))
        for row, run in enumerate(runs):
            values[row, : len(run)] = np.ma.masked_invalid(run)
        color = PALETTE[index % len(PALETTE)]
        if len(runs) > 1:
            band = values.min(axis=0), values.max(axis=0)
            self.ax_.fill_between(epochs, *band, color=color, alpha=0.15, linewidth=0)
        (line,) = self.ax_.plot(
            epochs,
            values.mean(axis=0),
            label=label,
            color=color,
            linestyle="-" if part == "training" else "--",
            marker=MARKERS[(index + index // len(PALETTE)) % len(MARKERS)],
            markersize=5,
            markerfacecolor=color if part == "training" else "white",
            markevery=-(-longest // MOST_MARKERS),
        )
        return line


def _runs_with(history, key):
    runs = [history] if isinstance(history, dict) else history
    return [run[key] for run in runs if run.get(key)]
