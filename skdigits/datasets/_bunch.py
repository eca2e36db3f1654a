"""Parameter checks and results that all loaders share."""

import operator

import numpy as np
from sklearn.utils import Bunch

from skdigits import _constraints as c

LOADER_CONSTRAINTS = {
    "subset": [c.one_of("train", "test", "all")],
    "classes": [c.ARRAY_LIKE, c.NONE],
    "return_X_y": [c.BOOLEAN],
}


def check_classes(classes, target_names):
    """Return the labels to keep as a sorted list, or None for all.

    Raises
    ------
    ValueError
        If there are no labels, or one is not a label of the data set.
    """
    if classes is None:
        return None
    labels = range(len(target_names))
    try:
        kept = sorted({operator.index(label) for label in classes})
    except TypeError:
        kept = []
    if not kept or not set(kept) <= set(labels):
        raise ValueError(
            f"classes={classes!r} must hold one or more labels of the data set, which are the "
            f"integers {labels[0]} to {labels[-1]}"
        )
    return kept


def make_result(images, labels, *, kept, return_X_y, target_names, descr):
    """Keep the samples of the labels `kept`, and return a Bunch or a pair of arrays."""
    if kept is not None:
        mask = np.isin(labels, kept)
        images, labels = images[mask], labels[mask]
    # int64, as in the data sets of scikit-learn: uint8 would overflow in calculations.
    target = labels.astype(np.int64)
    if return_X_y:
        return images, target
    return Bunch(data=images, target=target, target_names=np.array(target_names), DESCR=descr)
