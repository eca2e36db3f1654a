"""What a classifier takes for what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from skdigits.inspection._drawing import draw_rows
from skdigits.inspection._drawn_images import as_images, images_of


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
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_features)
            Images, as the classifier takes them. Rows of pixels are drawn in the shape that the
            classifier gives them, or as squares; what is no image by itself, such as the path of a
            picture, as what the first steps of a pipeline make of it.
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
    def from_predictions(
        cls, X, y_true, y_pred, *, probability=None, n_confusions=5, n_images=8, ax=None
    ):
        """Draw the confusions of given predictions.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_features)
            The images; rows of pixels are square images.
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
        X = as_images(X)
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
        self.ax_ = draw_rows(ax, self.images, labels)
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
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
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
