"""Where in a folder the files of a set lie: people keep them in many ways."""

import os
import re
from os.path import isdir, isfile  # false where a file can't be looked at
from pathlib import Path


def find_file(folder, set_name, file_name):
    """Yield the paths that one published file of a set may have in a folder, likely ones first.

    The folder may be the set's own, the one above it, or one further up; the set's own folder is
    one that is called after it, in any spelling. Beneath it may be torchvision's ``raw``, or a
    folder for each file, as some programs unpack them. Only the content tells whose file it is.

    Parameters
    ----------
    folder : pathlib.Path
        Where to look. There need be no such folder.
    set_name : {"mnist", "fashion"}
    file_name : str
        As published, without ``.gz``.

    Yields
    ------
    pathlib.Path
        A file, plain or gzip, whose name is the published one but for upper case and punctuation.
    """
    for near in _near(folder, set_name):
        for place in (near, near / "raw", near / file_name):
            files = {letters_of(path.name): path for path in _entries(place) if isfile(path)}
            for name in (file_name, f"{file_name}.gz"):
                if path := files.get(letters_of(name)):
                    yield path


def _near(folder, set_name):
    """Yield the folders that may be the set's own."""
    below = _folders(folder)
    yield from _called(set_name, below)
    yield folder
    for each in below:
        yield from _called(set_name, _folders(each))


def _called(set_name, folders):
    """Return the folders that are called after a set, those with its exact name first."""
    called = [each for each in folders if _set_of(each.name) == set_name]
    return sorted(called, key=lambda each: each.name != set_name)


def _set_of(name):
    """Return the set that a folder is called after: FashionMNIST, mnist-dataset; not kmnist."""
    letters = letters_of(name)
    if "fashion" in letters:
        return "fashion"
    return "mnist" if letters.startswith("mnist") else None


def letters_of(name):
    """Return a name without case and punctuation: ``train-images.idx3-ubyte`` is no other file."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _folders(folder):
    return [path for path in _entries(folder) if isdir(path)]


def _entries(folder):
    """Return what is in a folder, by name; nothing where it can't be read."""
    try:
        return [Path(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []
