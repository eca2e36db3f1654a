"""What is given in place of an array of images, or of labels, and what to do with it."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._missing import is_pandas_na, is_scalar_nan

READ = (
    "read the pictures first, np.asarray(PIL.Image.open(path)), bring them to one size, and stack "
    "them to one array, np.stack(pictures)."
)


def as_array(X):
    """Return X as an array; data frames and sparse matrices as they came, for scikit-learn to see.

    Parameters
    ----------
    X : object
        What a user gave as images: arrays of any library, lists of images, data frames.

    Raises
    ------
    TypeError, ValueError
        For what is no array and cannot become one: the message says how to make one of it.
    """
    if issparse(X):
        return X
    if hasattr(X, "__dataframe__"):
        _check_columns(X)
        return X
    check_type(X)
    array = X if isinstance(X, np.ndarray) else _converted(X)
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError("X is masked, and masked values are no numbers: fill them, X.filled(0).")
    if array.dtype.kind in "mM":
        raise TypeError("X holds dates; give numbers, such as X.astype('int64').")
    if array.dtype.kind in "OUST" and array.size:
        if array.ndim == 1 and isinstance(array[0], str | bytes):
            raise ValueError(f"X holds text, such as {str(array[0])!r}. If these are paths, {READ}")
        _check_elements(array, "X")
    return array


def check_labels(y):
    """Raise ValueError for labels that are rows, such as one-hot ones, and for missing labels."""
    try:
        labels = np.asarray(y)
    except Exception:  # scikit-learn says what is wrong with it
        return
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            f"y should be a 1d array, got an array of shape {labels.shape} instead. Give each "
            "image one label: of one-hot rows or probabilities y.argmax(axis=1), of a data frame "
            "with a column a class y.idxmax(axis=1)."
        )
    if labels.dtype == object and labels.ndim == 1:
        n_missing = sum(x is None or is_pandas_na(x) or is_scalar_nan(x) for x in labels)
        if n_missing:
            raise ValueError(
                f"Input y contains NaN or None, for {n_missing} of {len(labels)} images: leave "
                "these out, or give them a label."
            )


def check_type(X):
    """Raise for objects that numpy would take for something else than an array of images."""
    kind = type(X).__name__
    if isinstance(X, str | bytes | os.PathLike):
        raise TypeError(f"X is a {kind}, not an array of images. If it is a path, {READ}")
    if isinstance(X, Mapping):
        raise TypeError(f"X is a {kind}; give the array of images in it, such as X['image'].")
    if hasattr(X, "__array__") or hasattr(X, "__array_interface__") or isinstance(X, Sequence):
        return
    if hasattr(X, "shape"):
        raise TypeError(
            f"X is a {kind}, not an array of numbers: give a dense one, all images of one shape."
        )
    if any(hasattr(X, name) for name in ("__next__", "__iter__", "__getitem__")):
        raise TypeError(
            f"X is a {kind}, not an array: its images have to be collected first. Of single images "
            "X = np.stack(list(data)); of batches of images and labels X = np.concatenate([images "
            "for images, labels in data]), and y = np.concatenate([labels for images, labels in "
            "data])."
        )


def _converted(X):
    """Return X as an array, or say why it is none."""
    try:
        return np.asarray(X)
    except Exception as error:  # other libraries raise what they like
        if isinstance(X, Sequence):
            raise ValueError(_unlike(X, "X")) from error
        raise TypeError(f"X is a {type(X).__name__} that is no array: {error}") from error


def _check_elements(array, name):
    """Raise where the elements of an array are images, or the paths of images."""
    first = array.flat[0]
    if isinstance(first, os.PathLike):
        raise ValueError(f"{name} holds paths, such as {str(first)!r}: {READ}")
    if _shape(first) == ():
        return
    if len({_shape(each) for each in array.flat}) > 1:
        raise ValueError(_unlike(list(array.flat), name))
    column = name if array.ndim == 1 else f"{name}[:, 0]"
    raise ValueError(
        f"{name} is a column of images of shape {_shape(first)}: stack them to one array, "
        f"np.stack({column})."
    )


def _check_columns(frame):
    """Raise where columns of a pandas data frame hold dates, or images."""
    for number, dtype in enumerate(getattr(frame, "dtypes", ())):
        name = f"X[{frame.columns[number]!r}]"
        if getattr(dtype, "kind", None) in ("m", "M"):
            raise TypeError(f"{name} holds dates; give numbers, such as {name}.astype('int64').")
        if isinstance(dtype, np.dtype) and dtype.kind == "O" and len(frame):
            _check_elements(frame.iloc[:, number].to_numpy(), name)


def _shape(element):
    """Return the shape of an element: () of numbers and text, None of lists that have none."""
    try:
        return np.shape(element)
    except ValueError:
        return None


def _unlike(elements, name):
    """Return what is wrong with a list whose elements make no array."""
    if any(isinstance(each, tuple) for each in elements):
        return (
            f"{name} holds tuples: give images and labels apart, np.stack([image for image, label "
            "in data]) and [label for image, label in data]."
        )
    shapes = {_shape(each) for each in elements}
    if None in shapes:
        return f"{name} holds lists whose lengths differ: give images of one size."
    shown = ", ".join(map(str, sorted(shapes)[:3]))
    return (
        f"{name} holds images or rows of different shapes, {shown}: bring them to one shape first, "
        "such as with PIL's Image.resize."
    )
