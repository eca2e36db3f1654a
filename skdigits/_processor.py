"""What the processor can do."""

import functools
from pathlib import Path


@functools.cache
def has_bfloat16():
    """Tell whether this processor has bfloat16 arithmetic (known on Linux only)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
