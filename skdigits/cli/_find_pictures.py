"""The pictures that arguments name: files, folders, and standard input."""

import glob
import io
import os
import sys
from typing import NamedTuple

from skdigits._picture_files import walk

STANDARD_INPUT = "-"


class Found(NamedTuple):
    """A picture, or what is wrong in its place.

    Attributes
    ----------
    path : str
        As the user has named it; for a picture in a folder, with the folder before it.
    file : str or io.BytesIO or None
        Path or content; None if there is an error.
    error : str or None
    """

    path: str
    file: str | io.BytesIO | None
    error: str | None = None


def find_pictures(arguments):
    """Return the pictures that arguments name, in their order.

    Parameters
    ----------
    arguments : list of str
        Paths of files and folders, patterns such as "*.png", which the shells of Windows leave as
        they are, and "-" for the bytes on standard input. In folders, hidden files and notes are
        left out, as by `load_images`.

    Returns
    -------
    list of Found
    """
    found: list[Found] = []
    for argument in arguments:
        if argument == STANDARD_INPUT:
            found.append(_standard_input())
            continue
        for path in _matching(argument):
            found += _in_folder(path) if os.path.isdir(path) else [Found(path, path)]
    return found


def _matching(argument):
    """Return the paths that an argument stands for, if a shell has not replaced its ~ and *."""
    if os.path.exists(argument):
        return [argument]
    path = os.path.expanduser(argument)
    return sorted(glob.glob(path)) or [path]


def _standard_input():
    if sys.stdin is None or sys.stdin.isatty():
        return Found(STANDARD_INPUT, None, "no picture is piped into the command")
    return Found(STANDARD_INPUT, io.BytesIO(sys.stdin.buffer.read()))


def _in_folder(folder):
    unreadable: list[Found] = []

    def note(error):
        unreadable.append(Found(error.filename, None, f"the folder cannot be read ({error})"))

    pictures = [Found(path, path) for path in walk(folder, on_error=note)]
    if not pictures and not unreadable:
        return [Found(folder, None, "there are no pictures in this folder")]
    return pictures + unreadable
