"""What the processor can do."""

import functools
import os
from pathlib import Path

# Sets of instructions that the variable can hold oneDNN to, and that have no bfloat16 arithmetic.
_WITHOUT_BFLOAT16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}
_WITHOUT_BFLOAT16 |= {"AVX512_CORE", "AVX512_CORE_VNNI"}


def has_bfloat16():
    """Tell whether TensorFlow computes in bfloat16 by instructions of this processor.

    That is known on Linux only. Without such instructions, or without oneDNN, which uses them,
    bfloat16 is emulated and takes many times as long as float32.
    """
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in {"0", "false"}:
        return False
    if os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in _WITHOUT_BFLOAT16:
        return False
    return not flags().isdisjoint({"avx512_bf16", "amx_bf16"})


@functools.cache
def flags():
    """Return what the processor can do, in Linux's words."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(text.split())
