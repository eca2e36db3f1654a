"""Displays of what a classifier learnt from images, in the shape of scikit-learn's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_consistent_length, check_random_state

__all__ = [
    "Confusion",
    "ConfusionExamplesDisplay",
    "HistoryDisplay",
    "SampleImagesDisplay",
    "choose_samples",
    "find_confusions",
]

# Okabe and Ito's palette, which colour-blind readers can tell apart, without its pale yellow.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P")
MOST_MARKERS = 12  # on one curve


class HistoryDisplay:
    """Curves of a measure over the epochs of training, one colour and marker a model.

    The training curve is a solid line with filled markers, the validation curve a dashed one
    with open markers, so that they stay apart in black and white.

    Parameters
    ----------
    histories : dict of str to (dict or list of dict)
        For each model its ``history_``, or one for each of several runs; of several, the mean is
        drawn, over the runs that got as far, with a band from the lowest to the highest.
    metric : str, default="loss"
        Key of the histories. Its validation twin, ``"val_" + metric``, is drawn where there
        is one.

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
    sklearn.model_selection.LearningCurveDisplay : A score over the number of training samples.

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
        estimator : fitted estimator or Pipeline
            One with ``history_``; of a pipeline, the last step.
        metric : str, default="loss"
            Key of the history.
        name : str, default=None
            Name in the legend; None takes the class's.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        HistoryDisplay
            The display, drawn.
        """
        model = estimator[-1] if hasattr(estimator, "steps") else estimator
        if not hasattr(model, "history_"):
            raise ValueError(f"{type(model).__name__} has no history_; fit it first.")
        return cls({name or type(model).__name__: model.history_}, metric=metric).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

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
        self.ax_ = _axes(ax)
        self.figure_ = self.ax_.figure
        self.lines_ = [self._draw(*curve) for curve in curves]
        longest = max(len(run) for _, _, runs, _ in curves for run in runs)
        self.ax_.set(xlabel="Epoch", ylabel=self.metric.replace("_", " ").capitalize())
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.set_xlim(1 - 0.04 * longest, 1.04 * longest)
        self.ax_.grid(visible=True, alpha=0.3, linewidth=0.6)
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.legend(frameon=False)
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
            marker=MARKERS[index % len(MARKERS)],
            markersize=5,
            markerfacecolor=color if part == "training" else "white",
            markevery=-(-longest // MOST_MARKERS),
        )
        return line


class SampleImagesDisplay:
    """Some images of each class, a row a class.

    Parameters
    ----------
    images : list of ndarray of shape (n_images, height, width[, channels])
        The images of each class.
    labels : array-like of shape (n_classes,)
        What each row is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the images.
    figure_ : matplotlib Figure
        Figure that holds them.

    Examples
    --------
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.inspection import SampleImagesDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> display = SampleImagesDisplay.from_arrays(X, y, n_images=5, random_state=0)
    >>> len(display.images), display.images[0].shape
    (10, (5, 28, 28))
    """

    def __init__(self, images, *, labels):
        self.images = images
        self.labels = labels

    @classmethod
    def from_arrays(cls, X, y, *, n_images=10, labels=None, random_state=None, ax=None):
        """Draw images chosen at random.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels])
            The images.
        y : array-like of shape (n_samples,)
            Their classes.
        n_images : int, default=10
            Number of images of a class; all, where it has fewer.
        labels : array-like of shape (n_classes,), default=None
            Names of the classes in sorted order; None takes the classes themselves.
        random_state : int, RandomState instance or None, default=None
            Chooses the images.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        SampleImagesDisplay
            The display, drawn.
        """
        classes = np.unique(y)
        rows = choose_samples(X, y, n_images=n_images, random_state=random_state)
        X = np.asarray(X)
        images = [X[row] for row in rows]
        return cls(images, labels=classes if labels is None else labels).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        SampleImagesDisplay
            This display.
        """
        self.ax_ = _draw_rows(ax, self.images, [str(label) for label in self.labels])
        self.figure_ = self.ax_.figure
        return self


class ConfusionExamplesDisplay:
    """The commonest confusions of a classifier, with images that show them.

    Parameters
    ----------
    confusions : list of Confusion
        What was taken for what, the commonest first.
    images : list of ndarray of shape (n_images, height, width[, channels])
        The images of each confusion.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the images.
    figure_ : matplotlib Figure
        Figure that holds them.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : All confusions, as counts.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.inspection import ConfusionExamplesDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> taken_for = np.where(y == 7, 1, y)
    >>> display = ConfusionExamplesDisplay.from_predictions(X, y, taken_for, n_images=3)
    >>> confusion = display.confusions[0]
    >>> print(confusion.label, confusion.predicted, confusion.count)
    7 1 144
    """

    def __init__(self, confusions, *, images):
        self.confusions = confusions
        self.images = images

    @classmethod
    def from_estimator(cls, estimator, X, y, *, n_confusions=5, n_images=8, ax=None):
        """Draw the confusions of a fitted classifier.

        Parameters
        ----------
        estimator : fitted classifier
            Where it has ``predict_proba``, its surest mistakes are shown first.
        X : array-like of shape (n_samples, height, width[, channels])
            Images that the classifier takes as they are.
        y : array-like of shape (n_samples,)
            Their true classes.
        n_confusions, n_images : int, default=5 and 8
            Number of confusions, and of images of each.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        ConfusionExamplesDisplay
            The display, drawn.
        """
        probability = None
        if hasattr(estimator, "predict_proba"):
            probability = estimator.predict_proba(X).max(axis=1)
        return cls.from_predictions(
            X,
            y,
            estimator.predict(X),
            probability=probability,
            n_confusions=n_confusions,
            n_images=n_images,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls, X, y_true, y_pred, *, probability=None, n_confusions=5, n_images=8, ax=None
    ):
        """Draw the confusions of given predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels])
            The images.
        y_true, y_pred : array-like of shape (n_samples,)
            Their true and predicted classes.
        probability : array-like of shape (n_samples,), default=None
            Probability of each predicted class; the surest mistakes are shown first.
        n_confusions, n_images : int, default=5 and 8
            Number of confusions, and of images of each.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        ConfusionExamplesDisplay
            The display, drawn.
        """
        X = np.asarray(X)
        check_consistent_length(X, y_true, y_pred, probability)
        confusions = find_confusions(
            y_true, y_pred, probability=probability, n_confusions=n_confusions, n_images=n_images
        )
        images = [X[confusion.indices] for confusion in confusions]
        return cls(confusions, images=images).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the images, a row a confusion.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.

        Returns
        -------
        ConfusionExamplesDisplay
            This display.
        """
        labels = [f"{c.label} → {c.predicted} ({c.count})" for c in self.confusions]
        self.ax_ = _draw_rows(ax, self.images, labels)
        self.figure_ = self.ax_.figure
        return self


@dataclass(frozen=True)
class Confusion:
    """One class taken for another.

    Attributes
    ----------
    label, predicted : object
        The true class and the one it was taken for.
    count : int
        How often.
    indices : list of int
        Positions of images that show it, the surest mistake first.
    """

    label: object
    predicted: object
    count: int
    indices: list[int]


def find_confusions(y_true, y_pred, *, probability=None, n_confusions=5, n_images=8):
    """Find what is most often taken for what.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.
    probability : array-like of shape (n_samples,), default=None
        Probability of each predicted class.
    n_confusions, n_images : int, default=5 and 8
        The most confusions, and the most images of each.

    Returns
    -------
    list of Confusion
        The commonest first; of equals, in the order of the classes.

    Examples
    --------
    >>> from skdigits.inspection import find_confusions
    >>> find_confusions([4, 4, 9, 1], [9, 9, 4, 1], probability=[0.6, 0.9, 0.5, 1.0])
    [Confusion(label=4, predicted=9, count=2, indices=[1, 0]),
     Confusion(label=9, predicted=4, count=1, indices=[2])]
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    order = np.flatnonzero(y_true != y_pred)
    if probability is not None:
        sureness = np.asarray(probability, dtype=float)[order]
        order = order[np.argsort(-sureness, kind="stable")]
    pairs = list(zip(y_true[order].tolist(), y_pred[order].tolist(), strict=True))
    commonest = sorted(Counter(pairs).items(), key=lambda item: (-item[1], item[0]))
    return [
        Confusion(
            *pair,
            count=count,
            indices=[int(i) for i, p in zip(order, pairs, strict=True) if p == pair][:n_images],
        )
        for pair, count in commonest[:n_confusions]
    ]


def choose_samples(X, y, *, n_images=10, random_state=None):
    """Choose images of each class at random.

    Parameters
    ----------
    X, y : array-like of shape (n_samples, ...) and (n_samples,)
        The images and their classes.
    n_images : int, default=10
        Number of images of a class; all, where it has fewer.
    random_state : int, RandomState instance or None, default=None
        Chooses the images.

    Returns
    -------
    list of ndarray of int
        For each class, in sorted order, positions of its images.

    Examples
    --------
    >>> from skdigits.inspection import choose_samples
    >>> [len(row) for row in choose_samples([[1], [2], [3]], ["a", "b", "b"], n_images=5)]
    [1, 2]
    """
    check_consistent_length(X, y)
    y = np.asarray(y)
    rng = check_random_state(random_state)
    members = (np.flatnonzero(y == klass) for klass in np.unique(y))
    return [rng.permutation(group)[:n_images] for group in members]


def _runs_with(history, key):
    runs = [history] if isinstance(history, dict) else history
    return [run[key] for run in runs if run.get(key)]


def _axes(ax, **figure_options):
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained", **figure_options)
    return ax


def _draw_rows(ax, rows, labels, gap=2):
    """Draw rows of images as one picture, with a label beside each row."""
    if not rows:
        ax = _axes(ax)
        ax.set_axis_off()
        return ax
    height, width, *channels = rows[0].shape[1:]
    n_columns = max(len(row) for row in rows)
    picture = np.full(
        (len(rows) * (height + gap) - gap, n_columns * (width + gap) - gap, *channels), np.nan
    )
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            top, left = i * (height + gap), j * (width + gap)
            picture[top : top + height, left : left + width] = image
    ax = _axes(ax, figsize=(1.2 + 0.45 * n_columns, 0.3 + 0.5 * len(rows)))
    if channels:
        picture = np.nan_to_num(picture / np.nanmax(picture), nan=1.0)
    ax.imshow(picture, cmap="gray", interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks((height - 1) / 2 + np.arange(len(rows)) * (height + gap), labels)
    ax.tick_params(left=False)
    ax.spines[:].set_visible(False)
    return ax
