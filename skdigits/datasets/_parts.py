"""The parts of a data set, and the labels that all parts share."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from skdigits._files import escaped

PARTS = ("train", "val", "test")
PART_OF_NAME = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")  # as Python writes it, and within 64 bits


@dataclass(frozen=True)
class FilePart:
    """A part of a data set of pictures in files."""

    paths: list[str]
    labels: list[str]


class NoTestImagesError(ValueError):
    """The data set is not divided into training and test images."""


def part_of(name):
    """Return the part that a name stands for, "train", "val" or "test"; None for other names."""
    return PART_OF_NAME.get(name.strip().casefold())


def choose_parts(parts, subset, where):
    """Return the names of the parts that a subset consists of.

    Parameters
    ----------
    parts : collection of {"train", "val", "test"}
        The parts that there are. A data set that is not divided has "train" only.
    subset : {"train", "test", "all"}
        "test" is the validation part of a data set that has no test part.
    where : str
        Path of the data set, for errors.

    Raises
    ------
    ValueError
        If the data set lacks the subset.
    """
    there = [part for part in PARTS if part in parts]
    if subset == "all":
        return there
    if subset == "train" and "train" not in there:
        raise ValueError(
            f"{where} has no training images, only those of {' and '.join(there)}. Load them with "
            'subset="all"'
        )
    if subset == "test" and there == ["train"]:
        raise NoTestImagesError(
            f"{where} has no test images with labels. Load all images, and set some aside with "
            "sklearn.model_selection.train_test_split(X, y, stratify=y)"
        )
    if subset == "test":
        return ["test" if "test" in there else "val"]
    return ["train"]


def clean_label(text):
    """Return a label as text that any program can print, in one way of writing it."""
    return escaped(unicodedata.normalize("NFC", text.strip() or text))


def as_target(labels):
    """Return labels as an array: of int64 where all are whole numbers, else of text.

    Parameters
    ----------
    labels : ndarray
        Of all parts, so that the type does not depend on the subset.

    Raises
    ------
    ValueError
        If two labels differ in upper and lower case only.
    """
    if labels.dtype.kind in "biu":
        return labels.astype(np.int64)
    names = np.unique(labels).tolist()
    if all(map(WHOLE_NUMBER.fullmatch, names)):
        return labels.astype(np.int64)
    found: dict[str, str] = {}
    for name in names:
        # Single letters are classes of their own in sets of characters.
        other = found.setdefault(name.casefold(), name) if len(name) > 1 else name
        if other != name:
            raise ValueError(
                f"the classes {other!r} and {name!r} differ in upper and lower case only; give "
                "them one name"
            )
    return labels
