"""Find the files of a data set in a folder, in the layouts that other programs use."""

import os
import re
from os.path import isdir, isfile  # False instead of an error
from pathlib import Path


def find_file(folder, set_name, file_name):
    """Yield the paths that a published file may have in a folder, the most likely first.

    The folder may be that of the data set, its parent, or the parent of that. The folder of a data
    set has its name, in any spelling. The files may also be in a subfolder: ``raw``, as torchvision
    makes it, or a folder for each file, as some programs unpack them. Files of other data sets have
    the same names, so that the caller has to check the content.

    Parameters
    ----------
    folder : pathlib.Path
        Where to look. It may not exist.
    set_name : {"mnist", "fashion"}
    file_name : str
        The published name, without ``.gz``.

    Yields
    ------
    pathlib.Path
        A file, plain or gzip. Its name may differ in case and punctuation.
    """
    for near in _near(folder, set_name):
        for place in (near, near / "raw", near / file_name):
            files = {letters_of(path.name): path for path in _entries(place) if isfile(path)}
            for name in (file_name, f"{file_name}.gz"):
                if path := files.get(letters_of(name)):
                    yield path


def _near(folder, set_name):
    """Yield the folders that may be that of the data set."""
    below = _folders(folder)
    yield from _called(set_name, below)
    yield folder
    for each in below:
        yield from _called(set_name, _folders(each))


def _called(set_name, folders):
    """Return the folders with the name of a data set, those with the exact spelling first."""
    called = [each for each in folders if _set_of(each.name) == set_name]
    return sorted(called, key=lambda each: each.name != set_name)


def _set_of(name):
    """Return the data set of a folder name, such as FashionMNIST, mnist-dataset; not kmnist."""
    letters = letters_of(name)
    if "fashion" in letters:
        return "fashion"
    return "mnist" if letters.startswith("mnist") else None


def letters_of(name):
    """Return a name without case and punctuation: some files have a dot before ``idx3``."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _folders(folder):
    return [path for path in _entries(folder) if isdir(path)]


def _entries(folder):
    """Return the sorted paths in a folder, or an empty list if it cannot be read."""
    try:
        return [Path(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []
