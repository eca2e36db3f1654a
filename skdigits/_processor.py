"""Tell whether the processor has bfloat16 arithmetic."""

import functools
import os
from pathlib import Path

# Values of ONEDNN_MAX_CPU_ISA, which limits oneDNN to a set of instructions, without bfloat16.
_WITHOUT_BFLOAT16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}
_WITHOUT_BFLOAT16 |= {"AVX512_CORE", "AVX512_CORE_VNNI"}


def has_bfloat16():
    """Return whether TensorFlow can compute in bfloat16 with instructions of this processor.

    The answer is False on systems other than Linux. Without such instructions, or without oneDNN,
    which uses them, bfloat16 is emulated and takes many times as long as float32.
    """
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in {"0", "false"}:
        return False
    if os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in _WITHOUT_BFLOAT16:
        return False
    return not flags().isdisjoint({"avx512_bf16", "amx_bf16"})


@functools.cache
def flags():
    """Return the names of the processor's features, as Linux lists them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(text.split())
