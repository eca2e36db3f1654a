"""Turn what users give as images or labels into arrays, or say how to make an array of it."""

import hashlib
import numbers
import os
from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
import numpy as np
from numpy.lib import format as npy
from scipy.sparse import issparse

READ = (
    "read each picture with np.asarray(PIL.Image.open(path).convert('L')), or 'RGB' for colours, "
    "bring all pictures to one size, and stack them with np.stack(pictures); "
    "skdigits.datasets.load_images does so for folders."
)

NAMED = 10  # labels or files that a message names

NAMES_OF_TYPES = (
    (bool | np.bool_, "bool"),
    (numbers.Integral, "int"),
    (numbers.Real, "float"),
    (object, "str"),
)


def as_array(X):
    """Return X as an array; data frames and sparse matrices are left for scikit-learn to check.

    Parameters
    ----------
    X : object
        What a user gave as images: an array of any library, a list of images, a data frame.

    Raises
    ------
    TypeError, ValueError
        If X cannot become an array. The message says how to make one.
    """
    if issparse(X):
        if X.ndim != 2:
            raise TypeError(f"X is a sparse array of {X.ndim} dimensions; give X.toarray().")
        return X
    if nw.dependencies.is_into_dataframe(X):  # as scikit-learn recognises data frames
        _check_columns(X)
        return X
    check_type(X)
    _check_palettes(X)
    array = X if isinstance(X, np.ndarray) else _converted(X)
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError("X has masked values, which are not numbers; fill them with X.filled(0).")
    if array.dtype.kind in "mM":
        raise TypeError("X holds dates; give numbers, such as X.astype('int64').")
    if array.dtype.kind in "OUST" and array.size:
        if array.ndim == 1 and isinstance(array[0], str | bytes):
            raise ValueError(f"X holds text, such as {str(array[0])!r}. If these are paths, {READ}")
        _check_elements(array, "X")
    return array


def check_labels(y, name="y"):
    """Return labels, of a type that scikit-learn keeps as it is.

    It makes floats of the nullable integers and booleans of pandas. A data frame of one column is
    taken as this column.

    Raises
    ------
    ValueError
        If they are no array, or rows, such as one-hot rows, of an odd type, or missing.
    """
    if y is None:
        raise ValueError(
            f"{name} should be a 1d array of labels, one for each image, but the target {name} is "
            "None."
        )
    try:
        labels = np.asarray(y)
    except Exception:  # scikit-learn says what is wrong with it
        return y
    if labels.dtype.kind == "T":
        raise ValueError(
            f"{name} has numpy's StringDType, which scikit-learn does not know; give "
            f"np.array({name}.tolist())."
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            f"{name} should be a 1d array, got an array of shape {labels.shape} instead. Give one "
            f"label an image: {name}.argmax(axis=1) for one-hot rows or probabilities, "
            f"{name}.idxmax(axis=1) for a data frame with one column a class."
        )
    if labels.ndim == 0:
        raise ValueError(
            f"{name} should be a 1d array of labels, got {y!r:.60} instead; give them as a list."
        )
    if labels.ndim == 2 and labels.shape[1] and hasattr(y, "iloc"):
        return check_labels(y.iloc[:, 0], name)
    if labels.ndim == 1:
        n_missing = _n_missing(y, labels)
        if n_missing:
            what = "masked labels" if isinstance(y, np.ma.MaskedArray) else "NaN or None"
            raise ValueError(
                f"Input {name} contains {what}, for {n_missing} of {len(labels)} images; "
                "leave these images out, or label them."
            )
    is_nullable = not isinstance(getattr(y, "dtype", labels.dtype), np.dtype)
    return labels if is_nullable and labels.dtype.kind in "biu" else y


def check_texts(y, name="y"):
    """Raise ValueError for objects that are no texts: scikit-learn's scores do not take them."""
    labels = np.asarray(y)
    types = set(map(type, labels.flat)) if labels.dtype == object and labels.ndim else set()
    if all(issubclass(each, str) for each in types):
        return
    plain = next(
        text for kind, text in NAMES_OF_TYPES if all(issubclass(each, kind) for each in types)
    )
    if plain == "int" and not all(-(2**63) <= label < 2**63 for label in labels.flat):
        plain = "str"
    names = ", ".join(sorted(each.__name__ for each in types))
    raise ValueError(
        f"Unknown label type: {name} is an array of objects of type {names}, which scikit-learn "
        f"does not take as labels; give np.asarray({name}).astype({plain})."
    )


def _n_missing(y, labels):
    """Return how many labels are missing; `labels` are `y` as an array without a mask."""
    if isinstance(y, np.ma.MaskedArray):
        return int(np.ma.getmaskarray(y).sum())
    if labels.dtype.kind == "f":
        return int(np.isnan(labels).sum())
    if labels.dtype.kind in "mM":
        return int(np.isnat(labels).sum())
    if labels.dtype.kind in "SU" and isinstance(y, Sequence):  # numpy made the text "nan" of NaN
        return sum(map(_is_missing, y))
    return sum(map(_is_missing, labels)) if labels.dtype == object else 0


def listed(texts):
    """Return texts as one, which ends with dots if they are many."""
    return ", ".join(texts[:NAMED]) + (", ..." if len(texts) > NAMED else "")


def check_known_labels(y, known, name, where):
    """Raise ValueError if labels are not among the known ones.

    Parameters
    ----------
    y, known : ndarray
        Labels.
    name, where : str
        What has the labels `y`, and what has the known ones, for the message.
    """
    if unknown := sorted(set(y.tolist()) - set(known.tolist())):
        labels = listed(list(map(repr, unknown)))
        raise ValueError(f"{name} has labels that {where} lacks: {labels}.")


def lone_labels(y):
    """Return the labels that one image alone has, as a list of their texts."""
    labels, counts = np.unique(y, return_counts=True)
    return [repr(label) for label in labels[counts < 2].tolist()]


def check_number(X, y, name="X"):
    """Raise ValueError if there is not one label for each image; `name` is "X", "X_test" or so."""
    n_images, n_labels = _number(X), _number(y)
    if None not in (n_images, n_labels) and n_images != n_labels:
        raise ValueError(
            f"{name} has {n_images} images, and {name.replace('X', 'y')} has {n_labels} labels; "
            "give one label for each image."
        )


def _number(each):
    """Return the length of an array or a list, or None for other objects."""
    if shape := getattr(each, "shape", None):
        return shape[0]
    return len(each) if isinstance(each, Sequence) and not isinstance(each, str) else None


def digest_of(*arrays):
    """Return a text that only the same arrays have."""
    digest = hashlib.sha256()
    for array in map(np.asarray, arrays):
        of_objects = array.dtype == object  # which numpy would give as addresses
        content = repr(array.tolist()).encode() if of_objects else np.ascontiguousarray(array).data
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def npy_header(file):
    """Return shape and dtype of an array in an ``.npy`` file; its numbers are not read.

    Raises
    ------
    ValueError
        If the version of the format is unknown, or if it is another file.
    """
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    version = npy.read_magic(file)
    if version not in readers:
        raise ValueError(f"version {version} of its format is unknown")
    shape, _, dtype = readers[version](file)
    return shape, dtype


def _is_missing(label):
    """Return whether a label is None, NaN or the NA of pandas."""
    if label is None:
        return True
    try:
        return bool(label != label)  # true for NaN only
    except TypeError:  # pandas.NA has no truth value
        return True
    except ValueError:  # an array
        return False


def check_type(X):
    """Raise TypeError for objects that numpy does not turn into an array of images."""
    kind = type(X).__name__
    if isinstance(X, str | bytes | os.PathLike):
        raise TypeError(f"X is a {kind}, not an array of images. If it is a path, {READ}")
    if isinstance(X, Mapping):
        raise TypeError(f"X is a {kind}; give the array of images in it, such as X['image'].")
    if nw.dependencies.is_polars_lazyframe(X):
        raise TypeError(f"X is a {kind}, which holds no numbers yet; give X.collect().")
    if hasattr(X, "__array__") or hasattr(X, "__array_interface__") or isinstance(X, Sequence):
        return
    if hasattr(X, "shape"):
        raise TypeError(
            f"X is a {kind}, not an array of numbers; give a dense array of images of one shape."
        )
    if any(hasattr(X, name) for name in ("__next__", "__iter__", "__getitem__")):
        raise TypeError(
            f"X is a {kind}, not an array; collect its images first. If it gives single images: "
            "X = np.stack(list(data)). If it gives batches of images and labels: X = "
            "np.concatenate([images for images, labels in data]) and y = np.concatenate([labels "
            "for images, labels in data])."
        )


def _check_palettes(X):
    """Raise ValueError for pictures of PIL whose numbers are places in a palette."""
    pictures = X if isinstance(X, list | tuple) else [X]
    modes = {getattr(each, "mode", None) for each in pictures}
    if modes & {"P", "PA"}:
        raise ValueError(
            "X holds pictures with a palette (PIL's mode 'P'), whose numbers are no colours; "
            "convert each with image.convert('L') for grey, or with image.convert('RGB')."
        )


def _converted(X):
    """Return X as an array, or raise an error that says why that fails."""
    try:
        return np.asarray(X)
    except Exception as error:  # other libraries raise what they like
        if isinstance(X, Sequence):
            raise ValueError(_unlike(X, "X")) from error
        kind = type(X).__name__
        raise TypeError(f"X is a {kind}, which cannot become an array: {error}") from error


def _check_elements(array, name):
    """Raise ValueError if the elements of an array are images, or the paths of images."""
    first = array.flat[0]
    if isinstance(first, os.PathLike):
        raise ValueError(f"{name} holds paths, such as {str(first)!r}; {READ}")
    if _shape(first) == ():
        return
    if len({_shape(each) for each in array.flat}) > 1:
        raise ValueError(_unlike(list(array.flat), name))
    column = name if array.ndim == 1 else f"{name}[:, 0]"
    raise ValueError(
        f"{name} is a column of images of shape {_shape(first)}; stack them to one array, "
        f"np.stack({column})."
    )


def _check_columns(frame):
    """Raise an error if a data frame is sparse, or if columns of it hold dates or images."""
    dtypes = list(getattr(frame, "dtypes", [None]))
    if {type(each).__name__ for each in dtypes} == {"SparseDtype"}:
        raise TypeError("X has sparse columns; give dense ones, X.sparse.to_dense().")
    if all(map(_is_of_numbers, dtypes)):
        return  # narwhals takes a while for many columns
    for column in nw.from_native(frame).iter_columns():
        name, dtype = f"X[{column.name!r}]", column.dtype
        if dtype.is_temporal():
            advice = f"give numbers, such as {name}.to_numpy().astype('int64')"
            raise TypeError(f"{name} holds dates; {advice}.")
        if (dtype.is_nested() or dtype == nw.Object) and len(column):
            _check_elements(np.fromiter(column, dtype=object), name)


def _is_of_numbers(dtype):
    """Return whether a dtype of numpy, pandas or polars is one of real numbers."""
    if hasattr(dtype, "is_numeric"):  # polars
        return dtype.is_numeric()
    return getattr(dtype, "kind", "O") in "biuf"


def _shape(element):
    """Return the shape of an element: () for numbers and text, None for ragged lists."""
    try:
        return np.shape(element)
    except ValueError:
        return None


def _unlike(elements, name):
    """Return the message of an error about a list whose elements do not make an array."""
    if any(isinstance(each, tuple) for each in elements):
        return (
            f"{name} holds tuples; give images and labels separately, np.stack([image for image, "
            "label in data]) and [label for image, label in data]."
        )
    shapes = {_shape(each) for each in elements}
    if None in shapes:
        return f"{name} holds lists whose lengths differ; give images of one size."
    shown = ", ".join(map(str, sorted(shapes)[:3]))
    return (
        f"{name} holds images or rows of different shapes, {shown}; bring them to one shape first, "
        "for example with PIL's Image.resize."
    )
