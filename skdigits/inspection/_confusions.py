"""The classes that a classifier confuses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from skdigits import _constraints as c
from skdigits._arrays import check_labels
from skdigits.inspection._drawing import draw_rows
from skdigits.inspection._drawn_images import as_images, images_of

_COUNTS = {"n_confusions": [c.whole_number(1)], "n_images": [c.whole_number(1)]}


class ConfusionExamplesDisplay:
    """The most frequent confusions of a classifier, with example images.

    Parameters
    ----------
    confusions : list of Confusion
        The confusions, the most frequent first.
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
    sklearn.metrics.ConfusionMatrixDisplay : The counts of all confusions.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.datasets import load_digits
    >>> from skdigits.inspection import ConfusionExamplesDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> y_pred = np.where(y == 7, 1, y)
    >>> display = ConfusionExamplesDisplay.from_predictions(X, y, y_pred, n_images=3)
    >>> confusion = display.confusions[0]
    >>> print(confusion.label, confusion.predicted, confusion.count)
    7 1 144
    """

    def __init__(self, confusions, *, images):
        self.confusions = confusions
        self.images = images

    @classmethod
    @c.with_checked_arguments(_COUNTS)
    def from_estimator(cls, estimator, X, y, *, n_confusions=5, n_images=8, ax=None):
        """Draw the confusions of a fitted classifier.

        Parameters
        ----------
        estimator : fitted classifier
            If it has ``predict_proba``, mistakes with the highest probability come first.
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_features)
            Images, as the classifier takes them. Rows of pixels are drawn in the shape that the
            classifier uses, or as squares. Other inputs, such as paths of pictures, are drawn as
            the images that the first steps of a pipeline make of them.
        y : array-like of shape (n_samples,)
            Their true classes.
        n_confusions, n_images : int, default=5 and 8
            Number of confusions, and of images for each.
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        ConfusionExamplesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `X` cannot be drawn as images, or if one of `y` and the predictions holds strings
            and the other one numbers.
        """
        images = images_of(estimator, X)
        probability = None
        if hasattr(estimator, "predict_proba"):
            probability = estimator.predict_proba(X).max(axis=1)
        return cls.from_predictions(
            images,
            y,
            estimator.predict(X),
            probability=probability,
            n_confusions=n_confusions,
            n_images=n_images,
            ax=ax,
        )

    @classmethod
    @c.with_checked_arguments(_COUNTS)
    def from_predictions(
        cls, X, y_true, y_pred, *, probability=None, n_confusions=5, n_images=8, ax=None
    ):
        """Draw the confusions of given predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_features)
            The images. Rows of pixels are drawn as squares.
        y_true, y_pred : array-like of shape (n_samples,)
            Their true and predicted classes.
        probability : array-like of shape (n_samples,), default=None
            Probability of each predicted class. Mistakes with the highest probability come first.
        n_confusions, n_images : int, default=5 and 8
            Number of confusions, and of images for each.
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        ConfusionExamplesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `X` cannot be drawn as images, or if one of `y_true` and `y_pred` holds strings and
            the other one numbers.
        """
        X = as_images(X)
        check_consistent_length(X, y_true, y_pred, probability)
        confusions = find_confusions(
            y_true, y_pred, probability=probability, n_confusions=n_confusions, n_images=n_images
        )
        images = [X[confusion.indices] for confusion in confusions]
        return cls(confusions, images=images).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the images, with one row for each confusion.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        ConfusionExamplesDisplay
            This display.
        """
        labels = [f"{c.label} → {c.predicted} ({c.count})" for c in self.confusions]
        self.ax_ = draw_rows(ax, self.images, labels)
        self.figure_ = self.ax_.figure
        return self


@dataclass(frozen=True)
class Confusion:
    """One class that was predicted as another.

    Attributes
    ----------
    label, predicted : object
        The true class and the predicted class.
    count : int
        Number of images.
    indices : list of int
        Positions of example images, the one with the highest probability first.
    """

    label: object
    predicted: object
    count: int
    indices: list[int]


@c.with_checked_arguments({"n_confusions": [c.whole_number(0)], "n_images": [c.whole_number(0)]})
def find_confusions(y_true, y_pred, *, probability=None, n_confusions=5, n_images=8):
    """Find the most frequent confusions.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.
    probability : array-like of shape (n_samples,), default=None
        Probability of each predicted class.
    n_confusions, n_images : int, default=5 and 8
        Maximum number of confusions, and of images for each.

    Returns
    -------
    list of Confusion
        The most frequent first. Equally frequent ones are in the order of the classes.

    Raises
    ------
    ValueError
        If one of `y_true` and `y_pred` holds strings and the other one numbers, or if labels are
        missing.

    Examples
    --------
    >>> from skdigits.inspection import find_confusions
    >>> find_confusions([4, 4, 9, 1], [9, 9, 4, 1], probability=[0.6, 0.9, 0.5, 1.0])
    [Confusion(label=4, predicted=9, count=2, indices=[1, 0]),
     Confusion(label=9, predicted=4, count=1, indices=[2])]
    """
    y_true = column_or_1d(check_labels(y_true, "y_true"))
    y_pred = column_or_1d(check_labels(y_pred, "y_pred"))
    examples = {isinstance(label, str): label for y in (y_true, y_pred) for label in y.tolist()}
    if len(examples) > 1:
        raise ValueError(
            "y_true and y_pred must have labels of one type; they have strings and others, such as "
            f"{examples[True]!r} and {examples[False]!r}."
        )
    order = np.flatnonzero(y_true != y_pred)
    if probability is not None:
        sureness = np.asarray(probability, dtype=float)[order]
        order = order[np.argsort(-sureness, kind="stable")]
    pairs = list(zip(y_true[order].tolist(), y_pred[order].tolist(), strict=True))
    by_count = sorted(Counter(pairs).items(), key=lambda item: (-item[1], item[0]))
    return [
        Confusion(
            *pair,
            count=count,
            indices=[int(i) for i, p in zip(order, pairs, strict=True) if p == pair][:n_images],
        )
        for pair, count in by_count[:n_confusions]
    ]
