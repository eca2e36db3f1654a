"""Images of each class."""

import numpy as np
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d

from skdigits import _constraints as c
from skdigits.inspection._drawing import draw_rows
from skdigits.inspection._drawn_images import as_images


class SampleImagesDisplay:
    """Some images of each class, with one row for each class.

    Parameters
    ----------
    images : list of ndarray of shape (n_images, height, width[, channels])
        The images of each class.
    labels : array-like of shape (n_classes,)
        The label of each row.

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
    @c.with_checked_arguments({"n_images": [c.whole_number(1)]})
    def from_arrays(cls, X, y, *, n_images=10, labels=None, random_state=None, ax=None):
        """Draw images chosen at random.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_features)
            The images. Rows of pixels are drawn as squares.
        y : array-like of shape (n_samples,)
            Their classes.
        n_images : int, default=10
            Number of images of each class. If a class has fewer, all are drawn.
        labels : array-like of shape (n_classes,), default=None
            Names of the classes in `y`, in sorted order. If None, the classes themselves.
        random_state : int, RandomState instance or None, default=None
            Determines the choice of images. Pass an int for the same images each time.
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        SampleImagesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `X` cannot be drawn as images, or if there are not as many `labels` as classes.
        """
        X = as_images(X)
        classes = np.unique(column_or_1d(y))
        rows = choose_samples(X, y, n_images=n_images, random_state=random_state)
        labels = classes if labels is None else labels
        if len(labels) != len(classes):
            raise ValueError(f"y has {len(classes)} classes, but there are {len(labels)} labels.")
        return cls([X[row] for row in rows], labels=labels).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in. If None, a new figure is made.

        Returns
        -------
        SampleImagesDisplay
            This display.
        """
        self.ax_ = draw_rows(ax, self.images, [str(label) for label in self.labels])
        self.figure_ = self.ax_.figure
        return self


@c.with_checked_arguments({"n_images": [c.whole_number(0)]})
def choose_samples(X, y, *, n_images=10, random_state=None):
    """Choose images of each class at random.

    Parameters
    ----------
    X, y : array-like of shape (n_samples, ...) and (n_samples,)
        The images and their classes.
    n_images : int, default=10
        Number of images of each class. If a class has fewer, all are chosen.
    random_state : int, RandomState instance or None, default=None
        Determines the choice of images. Pass an int for the same images each time.

    Returns
    -------
    list of ndarray of int
        The positions of the chosen images of each class, in sorted order of the classes.

    Examples
    --------
    >>> from skdigits.inspection import choose_samples
    >>> [len(row) for row in choose_samples([[1], [2], [3]], ["a", "b", "b"], n_images=5)]
    [1, 2]
    """
    check_consistent_length(X, y)
    y = column_or_1d(y)
    rng = check_random_state(random_state)
    members = (np.flatnonzero(y == klass) for klass in np.unique(y))
    return [rng.permutation(group)[:n_images] for group in members]
