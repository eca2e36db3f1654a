"""Arrays in memory-mapped files, which may be larger than the memory: read them part by part."""

import mmap
import os
from math import prod

import numpy as np

PART_BYTES = 2**26  # of a part that is read at once
ROWS_AT_ONCE = 1024


def parts(array):
    """Yield an array in parts of several rows; of a mapped file, only one part is in memory.

    Parameters
    ----------
    array : ndarray

    Yields
    ------
    part : ndarray
        A view.
    """
    n_rows = max(1, PART_BYTES // max(1, prod(array.shape[1:]) * array.dtype.itemsize))
    for start in range(0, len(array), n_rows):
        yield array[start : start + n_rows]
        release(array)


class MappedRows:
    """Reads rows of an array in a memory-mapped file.

    It reads them from the file. Through the mapping, each row would bring its neighbourhood of
    64 KB, which takes three times as long.

    Parameters
    ----------
    array : ndarray

    Attributes
    ----------
    shape, dtype
        Of the array.
    """

    def __init__(self, array):
        self.shape, self.dtype = array.shape, array.dtype
        self._array = array
        self._place = _place_in_file(array)

    def __getitem__(self, rows):
        """Return the rows of the given numbers as a new array."""
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        if self._place and found.size:
            self._read(rows, found)
        else:
            self._copy(rows, found)
        return found

    def _read(self, rows, found):
        path, offset = self._place
        size, step = found[:1].nbytes, self._array.strides[0]
        content = memoryview(found).cast("B")
        follows = (np.diff(rows) == 1) & (step == size)  # rows that are read with the one before
        first = np.flatnonzero(np.concatenate([[True], ~follows]))
        bounds = [*(first * size).tolist(), found.nbytes]
        places = (offset + rows[first].astype(np.int64) * step).tolist()
        with open(path, "rb", buffering=0) as file:
            for number, place in enumerate(places):
                here = content[bounds[number] : bounds[number + 1]]
                if os.preadv(file.fileno(), [here], place) != len(here):
                    raise OSError(f"{path} is shorter than the array that is mapped to it.")

    def _copy(self, rows, found):
        order = np.argsort(rows, kind="stable")  # so that neighbours are read once
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = order[start : start + ROWS_AT_ONCE]
            found[some] = self._array[rows[some]]
            release(self._array)


def is_mapped(array):
    """Tell whether an array lies in a memory-mapped file."""
    return _mapping(array)[0] is not None


def release(array):
    """Let the memory go that holds what was read of a mapped file; do nothing for other arrays.

    The system keeps the pages in its cache, as long as it has no better use for the memory.
    """
    mapping, memmap = _mapping(array)
    if mapping is not None and _is_shared(memmap) and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


def _mapping(array):
    """Return the mapping that holds an array, and numpy's array of the mapping; or None twice."""
    memmap = None
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            memmap = array
        array = array.base
    return (array, memmap) if isinstance(array, mmap.mmap) else (None, None)


def _is_shared(memmap):
    """Tell whether a mapping shows the file; with mode "c" it has changes of its own."""
    return memmap is not None and memmap.mode in ("r", "r+", "w+")


def _place_in_file(array):
    """Return the path of the file that an array is mapped to, and the offset of its first row.

    None if it cannot be known, or if rows are not contiguous in the file.
    """
    mapping, memmap = _mapping(array)
    if not (_is_shared(memmap) and memmap.filename and hasattr(os, "preadv")):
        return None
    if not array[:1].flags.c_contiguous or array.strides[0] < 0:
        return None
    start = np.frombuffer(mapping, np.uint8).ctypes.data
    try:
        file = os.stat(memmap.filename)
    except OSError:  # deleted, while the mapping keeps its content
        return None
    if _mapped_file(start) != (os.major(file.st_dev), os.minor(file.st_dev), file.st_ino):
        return None  # another file has its name now
    mapped_from = memmap.offset - memmap.offset % mmap.ALLOCATIONGRANULARITY
    return memmap.filename, mapped_from + array.ctypes.data - start


def _mapped_file(address):
    """Return device (major, minor) and inode of the file that is mapped at an address, or None."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                span, _, _, device, inode, *_ = line.split()
                if int(span.partition("-")[0], 16) == address:
                    major, minor = device.split(":")
                    return int(major, 16), int(minor, 16), int(inode)
    except OSError:  # not Linux
        pass
    return None
