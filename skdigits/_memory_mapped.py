"""Arrays in memory-mapped files, which may be larger than the memory: read them part by part."""

import mmap
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import prod
from threading import Event

import numpy as np

# Of a mapped file, what is read at once.
BYTES_AT_ONCE, ROWS_AT_ONCE = 2**26, 1024


def parts(array, rows=None):
    """Yield an array in parts of several rows; of a mapped file, only one part is in memory.

    Parameters
    ----------
    array : ndarray
    rows : ndarray of int, default=None
        The numbers of the rows to yield, each at most once; None means all.

    Yields
    ------
    part : ndarray
        A view, if it holds all rows.
    """
    n_rows = rows_of(BYTES_AT_ONCE, array.shape, array.dtype.itemsize)
    some = rows is not None and len(rows) < len(array)
    read = MappedRows(array) if some and is_mapped(array) else array
    for start in range(0, len(rows) if some else len(array), n_rows):
        part = slice(start, start + n_rows)
        yield read[rows[part] if some else part]
        release(array)


def rows_of(n_bytes, shape, itemsize):
    """Return how many rows of an array of this shape have so many bytes, at least one."""
    return max(1, n_bytes // max(1, prod(shape[1:]) * itemsize))


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
        return self._fill(rows, self._empty(len(rows)), Event())

    @contextmanager
    def ahead(self, groups):
        """Give an iterator over groups of row numbers, each with an array of its rows.

        A thread reads the next group while the caller works on one. It has ended when the context
        ends, also after an error. An array may be overwritten once the caller asks for the next:
        memory that is used again takes a fifth less time to read into.

        Parameters
        ----------
        groups : iterable of ndarray of int
        """
        stop = Event()
        with ThreadPoolExecutor(1) as thread:
            try:
                yield self._pairs(groups, thread, stop)
            finally:
                stop.set()

    def _pairs(self, groups, thread, stop):
        """Yield groups with their rows; begin to read one before the last one is yielded."""
        arrays, begun = [self._empty(0)] * 2, deque[tuple]()
        for number, rows in enumerate(groups):
            if len(arrays[number % 2]) < len(rows):
                arrays[number % 2] = self._empty(len(rows))
            found = arrays[number % 2][: len(rows)]
            begun.append((rows, thread.submit(self._fill, rows, found, stop)))
            if len(begun) == 2:
                yield _ended(*begun.popleft())
        if begun:
            yield _ended(*begun.popleft())

    def _empty(self, n_rows):
        return np.empty((n_rows, *self.shape[1:]), self.dtype)

    def _fill(self, rows, found, stop):
        """Read rows into an array and return it; if `stop` is set meanwhile, only some of them."""
        fill = self._read if self._place and found.size else self._copy
        order = np.argsort(rows, kind="stable")  # disks and caches are faster at ascending places
        n_rows = min(ROWS_AT_ONCE, rows_of(BYTES_AT_ONCE, self.shape, self.dtype.itemsize))
        for start in range(0, len(rows), n_rows):
            if stop.is_set():
                break
            fill(rows, order[start : start + n_rows], found)
        return found

    def _read(self, rows, order, found):
        path, offset = self._place
        size, step = found[:1].nbytes, self._array.strides[0]
        content = memoryview(found).cast("B")
        # Rows that are read with the one before.
        follows = (np.diff(rows[order]) == 1) & (np.diff(order) == 1) & (step == size)
        first = np.flatnonzero(np.concatenate([[True], ~follows]))
        lengths = np.diff(first, append=len(order)) * size
        places = offset + rows[order[first]].astype(np.int64) * step
        reads = np.stack([order[first] * size, lengths, places], axis=1).tolist()
        with open(path, "rb", buffering=0) as file:
            descriptor = file.fileno()
            for begin, length, place in reads:
                end = begin + length
                while begin < end:  # the system may read less than is asked for
                    n_read = os.preadv(descriptor, [content[begin:end]], place)
                    if not n_read:
                        raise OSError(f"{path} is shorter than the array that is mapped to it.")
                    begin, place = begin + n_read, place + n_read

    def _copy(self, rows, order, found):
        found[order] = self._array[rows[order]]
        release(self._array)


def _ended(rows, future):
    return rows, future.result()


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
