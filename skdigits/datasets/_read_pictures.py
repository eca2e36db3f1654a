"""Many picture files as one array: their common form, progress, and those that are unreadable."""

import sys
from collections import Counter
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from math import prod

import numpy as np

from skdigits._arrays import NAMED
from skdigits._picture import Form, PictureError, bombs_are_errors, measure_file, read_file
from skdigits._quiet import is_quiet
from skdigits._warnings import warn
from skdigits.datasets._pixel_stores import MemoryStore, file_store

LARGEST = 256 * 256  # pixels of a small image
LONGER_SIDE = 64  # of the size to use in place of a larger one

_named = ContextVar("_named", default=NAMED)


@contextmanager
def every_file_named():
    """Let warnings and errors name every unreadable file, and not the first ones only."""
    token = _named.set(sys.maxsize)
    try:
        yield
    finally:
        _named.reset(token)


class LargePicturesError(ValueError):
    """Most pictures are large, and no size was chosen; `smaller` is one with their proportions."""

    def __init__(self, message, smaller):
        super().__init__(message)
        self.smaller = smaller


def common_form(paths, size, color_mode):
    """Return the form that pictures have in common, where the caller chose none.

    Parameters
    ----------
    paths : list of str
    size : tuple of int or None
        Height and width; None takes those that most of the pictures have.
    color_mode : {"grayscale", "rgb"} or None
        None is "grayscale" if all pictures are grey.

    Returns
    -------
    form : Form

    Raises
    ------
    LargePicturesError
        If no size was chosen, and most pictures are large, or the commonest size is.
    """
    if size and color_mode:
        return Form(size[0], size[1], color_mode)
    sizes: Counter = Counter()
    all_grey = True
    with bombs_are_errors():
        for path in _progress(paths, "Looking at pictures"):
            try:
                height, width, is_grey = measure_file(path)
            except PictureError:
                continue  # read_files names it
            sizes[height, width] += 1
            all_grey = all_grey and is_grey
    height, width = size or _small_size(sizes)
    return Form(height, width, color_mode or ("grayscale" if all_grey else "rgb"))


def read_files(paths, form, *, on_error, read=read_file, memmap=None):
    """Read files as pictures of one form.

    Parameters
    ----------
    paths : list of str
        Or other names, if `read` knows them.
    form : Form
    on_error : {"raise", "warn"}
        What to do with files that are unreadable: name them in an error, or leave them out.
    read : callable, default=read_file
        Takes a path and the form, and returns the pixels or raises PictureError.
    memmap : str or path-like, default=None
        A file for the pixels. None keeps them in memory.

    Returns
    -------
    pixels : ndarray of shape (n_readable, *form.shape), uint8
    readable : ndarray of shape (n_paths,), bool

    Raises
    ------
    OSError
        If files are unreadable and `on_error` is "raise", or if all are.
    ValueError
        If the array would not fit into memory.
    """
    shape = (len(paths), *form.shape)
    readable = np.ones(len(paths), bool)
    unreadable = []
    stores = nullcontext(MemoryStore(shape)) if memmap is None else file_store(memmap, shape)
    with stores as store:
        with bombs_are_errors():
            for number, path in enumerate(_progress(paths, "Reading pictures")):
                try:
                    store.add(read(path, form))
                except PictureError as error:
                    readable[number] = False
                    unreadable.append(f"{path}: {error}.")
        if unreadable:
            _tell(unreadable, len(paths), raises=on_error == "raise" or not readable.any())
    return store.array(), readable


def _tell(unreadable, n_paths, *, raises):
    """Raise an error, or warn, that names the unreadable files and says how many there are."""
    named = unreadable[: _named.get()]
    lines = [f"{len(unreadable)} of {n_paths} pictures cannot be read", *named]
    if len(unreadable) > len(named):
        lines.append(f"... and {len(unreadable) - len(named)} more.")
    if not raises:
        lines[0] += " and are left out."
        warn("\n".join(lines))
        return
    lines[0] += "."
    if len(unreadable) < n_paths:
        lines.append('load_images(on_error="warn") leaves them out.')
    raise OSError("\n".join(lines))


def _small_size(sizes):
    """Return the height and width that most pictures have, unless pictures are large."""
    if not sizes:
        return (1, 1)  # all are unreadable, which is another error
    large = Counter({size: count for size, count in sizes.items() if prod(size) > LARGEST})
    common = _commonest(sizes)
    # Photographs may all have different sizes; that of a single icon is then as common.
    if common in large or 2 * large.total() > sizes.total():
        height, width = _commonest(large)
        scale = LONGER_SIDE / max(height, width)
        smaller = max(1, round(height * scale)), max(1, round(width * scale))
        raise LargePicturesError(
            f"{large.total()} of {sizes.total()} pictures have more than 256 x 256 pixels, such as "
            f"{height} x {width}, which takes long to train on. Give a smaller size, such as "
            f"image_shape={smaller}",
            smaller,
        )
    return common


def _commonest(sizes):
    """Return the height and width that most pictures have; of several the smallest."""
    return min(sizes, key=lambda size: (-sizes[size], size))


def _progress(paths, what):
    """Return the paths with a progress bar, if it takes long and there is a terminal to see it."""
    from tqdm import tqdm

    shown = sys.stderr is not None and sys.stderr.isatty() and not is_quiet()
    return tqdm(paths, desc=what, delay=1, leave=False, dynamic_ncols=True, disable=not shown)
