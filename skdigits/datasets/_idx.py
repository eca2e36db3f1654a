"""Read IDX files, the format of MNIST and similar data sets."""

import gzip
import hashlib
import math
import zlib
from contextlib import contextmanager

import numpy as np

from skdigits.datasets._memory import check_memory

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08


class AnotherFileError(ValueError):
    """Another IDX file than expected; `md5` is its checksum."""

    def __init__(self, md5):
        super().__init__("it is another file than the published one (its MD5 differs)")
        self.md5 = md5


def read_idx(content, md5):
    """Read an IDX file of unsigned bytes, plain or gzip, and check that its content is right.

    Parameters
    ----------
    content : bytes
        The content of the file, plain or gzip.
    md5 : str
        MD5 of the uncompressed content.

    Returns
    -------
    values : ndarray of uint8
        A read-only array of the shape that the file's header gives.

    Raises
    ------
    ValueError
        If the file is truncated or corrupt.
    AnotherFileError
        If it is another file than expected.
    """
    content = unzip(content)
    shape = _read_header(content)
    values = _as_array(memoryview(content)[_size_of_header(content) :], shape)
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise AnotherFileError(found)
    return values


def unzip(content):
    """Return the bytes, after decompression if they are gzip.

    Raises
    ------
    ValueError
        If the gzip is truncated or corrupt.
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    with _gzip_errors():
        return gzip.decompress(content)


def read_idx_file(path):
    """Read an IDX file of unsigned bytes, plain or gzip, whatever its content.

    No more is read than the header announces, and nothing if that does not fit into memory.

    Parameters
    ----------
    path : str

    Returns
    -------
    values : ndarray of uint8
        A read-only array of the shape that the file's header gives.

    Raises
    ------
    ValueError
        If the file is truncated or corrupt, or too large for the memory.
    """
    with open(path, "rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(GZIP_MAGIC) else raw
        with _gzip_errors():
            header = file.read(4)
            header += file.read(_size_of_header(header) - 4)
            shape = _read_header(header)
            check_memory(shape)
            return _as_array(file.read(math.prod(shape) + 1), shape)


def _as_array(content, shape):
    """Return an array over the values of an IDX file."""
    expected, found = math.prod(shape), len(content)
    if found != expected:
        state = "is truncated" if found < expected else "has bytes to spare"
        raise ValueError(f"it {state}: {expected} values announced, {found} found")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_header(content):
    """Return the shape that the header of an IDX file gives.

    The header is two zero bytes, the type of the values, the number of dimensions, and the
    dimensions as big-endian 32-bit integers; the values follow in C order.
    """
    start = _size_of_header(content)
    kind, n_dims = content[2], content[3]
    if kind != UNSIGNED_BYTE:
        raise ValueError(f"its values are of IDX type 0x{kind:02x}, not unsigned bytes (0x08)")
    if len(content) < start:
        raise ValueError("it is truncated inside its header")
    return tuple(np.frombuffer(content, dtype=">u4", count=n_dims, offset=4).tolist())


def _size_of_header(content):
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ValueError("it is not an IDX file (wrong magic number)")
    return 4 + 4 * content[3]


@contextmanager
def _gzip_errors():
    """Raise a ValueError for gzip that is truncated or corrupt."""
    try:
        yield
    except EOFError as error:
        raise ValueError("the gzip is truncated") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"the gzip is corrupt ({error})") from error
