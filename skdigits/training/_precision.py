"""Which arithmetic a network trains in."""

import functools
from pathlib import Path


def dtype_policy(precision, is_cnn_on_images):
    """Return Keras's dtype policy for a `precision` parameter.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16"}
        "auto" is bfloat16 where it was measured to help (docs/performance.md): convolutions, on a
        processor that has bfloat16 arithmetic.

    is_cnn_on_images : bool
        Whether the network's time goes into convolutions.

    Returns
    -------
    str
        "float32" or "mixed_bfloat16" (weights stay float32).
    """
    if precision == "auto":
        precision = "bfloat16" if is_cnn_on_images and has_bfloat16() else "float32"
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


@functools.cache
def has_bfloat16():
    """Tell whether this processor has bfloat16 arithmetic (known on Linux only)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
