"""Where the pixels of many pictures go: an array in memory, or a file that is mapped to memory."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from skdigits._files import errors_name, replaced
from skdigits.datasets._memory import check_memory


class MemoryStore:
    """Pixels in memory.

    Parameters
    ----------
    shape : tuple of int
        Of the array for all pictures; fewer may come.
    """

    def __init__(self, shape):
        check_memory(shape)
        self._pixels, self._n = np.empty(shape, np.uint8), 0

    def add(self, pixels):
        """Add a picture."""
        self._pixels[self._n] = pixels
        self._n += 1

    def array(self):
        """Return the array of the pictures that came."""
        return self._pixels[: self._n]


class FileStore:
    """Pixels in an ``.npy`` file; see `file_store`."""

    def __init__(self, path, file, shape):
        self._path, self._file, self._shape, self._n = path, file, shape[1:], 0
        self._write_header()

    def add(self, pixels):
        """Add a picture."""
        with errors_name(self._path):
            self._file.write(np.ascontiguousarray(pixels, np.uint8).data)
        self._n += 1

    def finish(self):
        """Write the number of pictures that came."""
        with errors_name(self._path):
            self._file.seek(0)
            self._write_header()

    def array(self):
        """Return the array of the whole file, as a read-only memory map."""
        return np.load(self._path, mmap_mode="r")

    def _write_header(self):
        """Write numpy's header, which has room for any number of pictures."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._n, *self._shape)}
        npy.write_array_header_1_0(self._file, header)


@contextmanager
def file_store(path, shape):
    """Give a store in an ``.npy`` file, which is there completely at the end or not at all.

    Parameters
    ----------
    path : str or path-like
    shape : tuple of int
        Of the array for all pictures; fewer may come.
    """
    if Path(path).suffix.lower() != ".npy":
        raise ValueError(f"memmap must name an .npy file, such as images.npy; got {str(path)!r}")
    with replaced(path) as file:
        store = FileStore(path, file, shape)
        yield store
        store.finish()
