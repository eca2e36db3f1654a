"""The images of studies, for training and evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_consistent_length

from skdigits._arrays import check_known_labels, digest_of
from skdigits._named_data import load_split

QUICK_TRAIN, QUICK_TEST = 2000, 1000


@dataclass(frozen=True)
class Images:
    """A data set: ``train`` and ``test`` as (X, y), and the names of the classes."""

    train: tuple[Any, Any]
    test: tuple[Any, Any]
    class_names: list[str]
    fingerprint: str | None = None  # of your own images, since the same name may mean others later


def study_images(data, quick):
    """Return data sets by name; for the quick version, stratified parts, always the same.

    Parameters
    ----------
    data : sequence of str or dict of str to (X, y, X_test, y_test)
        The names of published data sets, or your own images by name.
    quick : bool
    """
    if isinstance(data, Mapping):
        found = {name: _own_images(name, arrays) for name, arrays in data.items()}
    else:
        found = {name: Images(*load_split(name)[:3]) for name in data}
    if not quick:
        return found
    return {
        name: replace(
            each,
            train=part(each.train[0], each.train[1], QUICK_TRAIN),
            test=part(each.test[0], each.test[1], QUICK_TEST),
        )
        for name, each in found.items()
    }


def _own_images(name, arrays):
    """Check arrays (X, y, X_test, y_test), and return them with a fingerprint."""
    X, y, X_test, y_test = map(np.asarray, arrays)
    check_consistent_length(X, y)
    check_consistent_length(X_test, y_test)
    if X.ndim not in (3, 4) or X.shape[1:] != X_test.shape[1:]:
        raise ValueError(
            f"{name!r} has training images of shape {X.shape} and test images of shape "
            f"{X_test.shape}; both must be (n, height, width) or (n, height, width, channels)."
        )
    check_known_labels(y_test, y, f"the test set of {name!r}", "its training set")
    class_names = np.unique(y).astype(str).tolist()
    return Images((X, y), (X_test, y_test), class_names, digest_of(X, y, X_test, y_test))


def part(X, y, n_images):
    """Return a stratified part of images and labels, always the same and in their order.

    It has an image of each class, and about `n_images` in all. None means all images.
    """
    if n_images is None or n_images >= len(y):
        return X, y
    _, first, classes, counts = np.unique(
        y, return_index=True, return_inverse=True, return_counts=True
    )
    # A stratified part may have no image of a class that has less than one in it by its share.
    is_rare = counts * n_images < 2 * len(y)
    rows = np.flatnonzero(~is_rare[classes])
    n_frequent = np.sum(~is_rare)
    n_rows = max(n_images - np.sum(is_rare), n_frequent)
    # train_test_split needs an image of each class on both sides.
    if n_rows < len(rows) - n_frequent:
        rows, _ = train_test_split(rows, train_size=n_rows, stratify=y[rows], random_state=0)
    rows = np.sort(np.concatenate([rows, first[is_rare]]))
    return X[rows], y[rows]


def evaluated_images(result, data=None):
    """Return the images that a study's models were evaluated on.

    Parameters
    ----------
    result : StudyResult
        The results of the study.
    data : dict of str to (X, y, X_test, y_test), default=None
        Your own images, if the study was run on them, as for `run_study`.

    Returns
    -------
    dict of str to (X, y, class_names)
        For each data set the images, of shape (n_images, height, width[, channels]), their labels,
        and the names of the classes. The ``index`` of a mistake is a position in ``X``.

    Examples
    --------
    >>> from skdigits.studies import Experiment, Model, Study, evaluated_images, run_study
    >>> models = {"plain": Model("mlp", {"epochs": 1}), "wide": Model("mlp", {"epochs": 1})}
    >>> experiment = Experiment("models", "Both", ("digits",), models)
    >>> study = Study("two", "Two", "Which is better?", "An example.", 1, (experiment,))
    >>> X, y, class_names = evaluated_images(run_study(study, n_seeds=2))["digits"]
    >>> X.shape
    (355, 28, 28)
    """
    names = list(dict.fromkeys(each.data for each in result.experiments))
    images = study_images(data or names, result.quick)
    return {name: (*images[name].test, images[name].class_names) for name in names}
