"""The images of studies, for training and evaluation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from skdigits._named_data import load_data

QUICK_TRAIN, QUICK_TEST = 2000, 1000


@dataclass(frozen=True)
class Images:
    """A data set: ``train`` and ``test`` as (X, y), and the names of the classes."""

    train: tuple[Any, Any]
    test: tuple[Any, Any]
    class_names: list[str]


def load_images(name, quick):
    """Return a data set; for the quick version, a stratified part that is always the same."""
    X, y, class_names = load_data(name, "train")
    X_test, y_test, _ = load_data(name, "test")
    return Images(
        train=part(X, y, QUICK_TRAIN if quick else None),
        test=part(X_test, y_test, QUICK_TEST if quick else None),
        class_names=class_names,
    )


def part(X, y, n_images):
    """Return a stratified part of images and labels, always the same and in their order."""
    if n_images is None or n_images >= len(y):
        return X, y
    rows, _ = train_test_split(np.arange(len(y)), train_size=n_images, stratify=y, random_state=0)
    rows.sort()
    return X[rows], y[rows]


def evaluated_images(result):
    """Return the images that a study's models were evaluated on.

    Parameters
    ----------
    result : StudyResult
        The results of the study.

    Returns
    -------
    dict of str to (X, y, class_names)
        For each data set the images, of shape (n_images, 28, 28), their labels, and the names of
        the classes. The ``index`` of a mistake is a position in ``X``.
    """
    images = {
        name: load_images(name, result.quick) for name in {e.data for e in result.experiments}
    }
    return {name: (*found.test, found.class_names) for name, found in images.items()}
