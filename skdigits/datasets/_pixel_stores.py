"""Where the pixels of many pictures go: an array in memory, or a file that is mapped to memory."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from skdigits._files import beside, create, errors_name
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

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def add(self, pixels):
        """Add a picture."""
        self._pixels[self._n] = pixels
        self._n += 1

    def finish(self):
        """Return the array of the pictures that came."""
        return self._pixels[: self._n]


class FileStore:
    """Pixels in an ``.npy`` file, which is there completely or not at all.

    Parameters
    ----------
    path : str or path-like
    shape : tuple of int
        Of the array for all pictures; fewer may come.
    """

    def __init__(self, path, shape):
        self._path, self._shape, self._n = Path(os.path.realpath(path)), shape[1:], 0
        if Path(path).suffix.lower() != ".npy":
            raise ValueError(
                f"memmap must name an .npy file, such as images.npy; got {str(path)!r}"
            )
        if not self._path.parent.is_dir() or self._path.is_dir():
            raise FileNotFoundError(f"memmap={str(path)!r}: there is no such folder for a file")
        self._part = beside(self._path)

    def __enter__(self):
        self._file = create(self._part, self._path)
        self._write_header()
        return self

    def __exit__(self, *error):
        with suppress(OSError):  # after an error, what is left cannot be written either
            self._file.close()
        with suppress(FileNotFoundError):  # `finish` gave it its name
            os.unlink(self._part)

    def add(self, pixels):
        """Add a picture."""
        with errors_name(self._path):
            self._file.write(np.ascontiguousarray(pixels, np.uint8).data)
        self._n += 1

    def finish(self):
        """Name the file, and return its array as a read-only memory map."""
        with errors_name(self._path):
            self._file.seek(0)
            self._write_header()
            self._file.close()
            os.replace(self._part, self._path)
        return np.load(self._path, mmap_mode="r")

    def _write_header(self):
        """Write numpy's header, which has room for any number of pictures."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._n, *self._shape)}
        npy.write_array_header_1_0(self._file, header)
