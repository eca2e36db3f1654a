"""Arrays of images and labels in files: NumPy's .npz, and folders of IDX files."""

import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib import format as npy

from skdigits._arrays import npy_header
from skdigits.datasets._find import letters_of
from skdigits.datasets._idx import read_idx_file
from skdigits.datasets._memory import check_memory
from skdigits.datasets._parts import PARTS, clean_label

IDX_IMAGES = re.compile(r"(.*?)(train|t10k|test)imagesidx3ubyte(?:gz)?")
IDX_PARTS = {"train": "train", "t10k": "test", "test": "test"}
# What zipfile raises; of an encrypted file it is a RuntimeError.
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError),
    UnicodeDecodeError,
)
CHANNELS = (1, 3, 4)  # grey, colours, colours and opacity


@dataclass(frozen=True)
class ArrayPart:
    """A part of a data set: labels, and a function that reads the images."""

    labels: np.ndarray
    read_images: Callable[[], np.ndarray]


def list_npz(path):
    """Return the parts of an .npz file with the names of Keras or of MedMNIST.

    Parameters
    ----------
    path : str
        A file with x_train, y_train, x_test, y_test, or with train_images, train_labels,
        val_images, val_labels, test_images, test_labels; not all need be there.

    Returns
    -------
    parts : dict of str to ArrayPart

    Raises
    ------
    OSError
        If the file is truncated, corrupt or not an .npz file.
    ValueError
        If the file has no arrays of these names, or Python objects.
    """
    names = {name.lower(): name for name in _read_members(path, _names)}
    parts = {}
    for part in PARTS:
        for images, labels in ((f"x_{part}", f"y_{part}"), (f"{part}_images", f"{part}_labels")):
            if images in names and labels in names:
                parts[part] = ArrayPart(
                    _check_labels(_read_array(path, names[labels]), f"{names[labels]} of {path}"),
                    partial(_read_array, path, names[images]),
                )
    if not parts:
        raise ValueError(
            f"{path} has the arrays {', '.join(names.values()) or '(none)'}. Give them the names "
            "x_train, y_train, x_test and y_test: numpy.savez(path, x_train=X, y_train=y)"
        )
    return parts


def list_idx(folder):
    """Return the parts of a folder of IDX files; empty if there are no such files.

    Parameters
    ----------
    folder : str
        It, its subfolder raw, or a folder for each file hold files named as those of MNIST, with
        any prefix, plain or gzip.

    Returns
    -------
    parts : dict of str to ArrayPart

    Raises
    ------
    OSError
        If a file is truncated or corrupt.
    ValueError
        If the labels are missing, or if there are several data sets.
    """
    files = _files_by_letters(folder)
    images = {name: match for name in files if (match := IDX_IMAGES.fullmatch(name))}
    sets = {match[1] for match in images.values()}
    if len(sets) > 1:
        raise ValueError(
            f"{folder} holds the IDX files of several data sets. Put those of one into a folder"
        )
    parts = {}
    for name, match in images.items():
        path = files[name]
        stem = f"{match[1]}{match[2]}labelsidx1ubyte"
        labels = files.get(stem) or files.get(f"{stem}gz")
        if labels is None:
            raise ValueError(
                f"the labels of {path} are missing: there is no {match[2]}-labels-idx1-ubyte "
                "beside it"
            )
        parts[IDX_PARTS[match[2]]] = ArrayPart(
            _check_labels(_read_idx(labels), labels), partial(_read_idx, path)
        )
    return parts


def check_images(images, n_labels, where):
    """Return images of shape (n, h, w) or (n, h, w, c); raise a ValueError for other arrays."""
    if images.ndim == 2:
        raise ValueError(
            f"the images of {where} have shape {images.shape}; give rows of pixels the shape of "
            "images, X.reshape(len(X), height, width)"
        )
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in CHANNELS):
        hint = ""
        if images.ndim == 4 and images.shape[1] in CHANNELS:
            hint = ": channels come last, numpy.moveaxis(X, 1, -1)"
        raise ValueError(
            f"the images of {where} have shape {images.shape}, not (n, height, width) or "
            f"(n, height, width, channels) with 1, 3 or 4 channels{hint}"
        )
    if len(images) != n_labels:
        raise ValueError(f"{where} has {len(images)} images and {n_labels} labels")
    if not images.size:
        raise ValueError(f"{where} has no images")
    return images[..., 0] if images.ndim == 4 and images.shape[3] == 1 else images


def _check_labels(labels, where):
    """Return a one-dimensional array of int64 or text."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            f"{where} has shape {labels.shape}, and each image needs one label. Labels of one-hot "
            "rows are y.argmax(axis=1)"
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "backslashreplace")
    if labels.dtype.kind == "U":
        labels = np.array(list(map(clean_label, labels.tolist())), str)
        if not all(map(str.strip, labels.tolist())):
            raise ValueError(f"{where} has an empty label")
        return labels
    if labels.dtype.kind in "biuf":
        with np.errstate(invalid="ignore"):  # NaN and infinity are no integers
            whole = labels.astype(np.int64)
        if (whole == labels).all():
            return whole
    raise ValueError(f"{where} has labels of type {labels.dtype}; give integers or text")


def _read_array(path, name):
    """Return an array of an .npz file, once it is known that it fits into memory."""

    def read(archive):
        with archive.open(f"{name}.npy") as member:
            shape, dtype = npy_header(member)
            if dtype.hasobject:
                raise ValueError(
                    "it holds Python objects, which may run code; save numbers or text"
                )
            check_memory(shape, dtype.itemsize)
        with archive.open(f"{name}.npy") as member:
            return npy.read_array(member, allow_pickle=False)

    try:
        return _read_members(path, read)
    except ValueError as error:
        raise ValueError(f"{name} of {path} cannot be used: {error}") from error


def _names(archive):
    members = archive.namelist()
    return [name.removesuffix(".npy") for name in members if name.endswith(".npy")]


def _read_members(path, read):
    """Return what a function reads from an open .npz file; its errors name the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return read(archive)
    except UNREADABLE as error:
        reason = str(error) or type(error).__name__
        raise OSError(f"{path} cannot be read as an .npz file ({reason})") from error


def _read_idx(path):
    try:
        return read_idx_file(path)
    except ValueError as error:
        raise OSError(f"{path} cannot be used: {error}") from error


def _files_by_letters(folder):
    """Return the paths of files by the letters of their names."""
    files: dict[str, str] = {}
    for place in (folder, os.path.join(folder, "raw")):
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            path = os.path.join(place, name)
            inner = os.path.join(path, name)  # some programs unpack each file into a folder
            path = inner if os.path.isfile(inner) else path
            if not name.startswith(".") and os.path.isfile(path):
                files.setdefault(letters_of(name), path)
    return files
