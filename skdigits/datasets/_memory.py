"""Whether images fit into the memory of this machine, before any are read."""

import math
import os


def check_memory(shape, itemsize=1):
    """Raise a ValueError if an array would take more memory than the machine has.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array, (n, h, w) or (n, h, w, c) for images.
    itemsize : int, default=1
        Bytes of each value.
    """
    needed, there = math.prod(shape) * itemsize, _memory_of_machine()
    if needed > there:
        raise ValueError(
            f"an array of shape {shape} takes {_text(needed)} of memory, and this machine has "
            f"{_text(there)}"
        )


def _memory_of_machine():
    """Return the bytes of memory that the machine has, or a large number if it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return 2**36


def _text(n_bytes):
    return f"{n_bytes / 2**30:,.1f} GiB"
