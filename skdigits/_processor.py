"""Tell what the processor can compute with, and whether TensorFlow uses it."""

import functools
import os
from pathlib import Path

# What limits oneDNN to a set of instructions: its name today, and an older one that it still reads.
_LIMITS = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
_WITHOUT_AVX512 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}
_WITHOUT_BFLOAT16 = _WITHOUT_AVX512 | {"AVX512_CORE", "AVX512_CORE_VNNI"}

# With one of these, TensorFlow uses oneDNN by default, and with AVX-512.
_NEWER = {"avx512_vnni", "avx512_bf16", "amx_tile"}


def has_bfloat16():
    """Return whether TensorFlow can compute in bfloat16 with instructions of this processor.

    The answer is False on systems other than Linux. Without such instructions, or without oneDNN,
    which uses them, bfloat16 is emulated and takes many times as long as float32.
    """
    if _onednn_is_off() or onednn_limit()[1] in _WITHOUT_BFLOAT16:
        return False
    return not flags().isdisjoint({"avx512_bf16", "amx_bf16"})


def bfloat16_ends_the_process():
    """Return whether oneDNN has no way to compute in bfloat16, and TensorFlow does not know.

    TensorFlow asks the processor, and not for the limit that is set.
    """
    is_limited = onednn_limit()[1] in _WITHOUT_AVX512
    return is_limited and not _onednn_is_off() and "avx512f" in flags()


def onednn_limit():
    """Return the environment variable that limits oneDNN, and the set of instructions left."""
    name = next((name for name in _LIMITS if os.environ.get(name)), _LIMITS[0])
    return name, os.environ.get(name, "").upper()


def gains_by_onednn():
    """Return whether a training is faster where oneDNN's operations are added by name.

    That is so on x86 processors with AVX2. TensorFlow does not use them there by default. With
    AVX-VNNI it does, but not to add the bias. The answer is False if the environment turns oneDNN
    off, and on systems other than Linux.
    """
    return not _onednn_is_off() and "avx2" in flags() and flags().isdisjoint(_NEWER)


def _onednn_is_off():
    return told_onednn() is False


def told_onednn():
    """Return whether the environment tells TensorFlow to use oneDNN, or None."""
    told = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
    return told.lower() not in {"0", "false"} if told else None


@functools.cache
def flags():
    """Return the names of the processor's features, as Linux lists them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(text.split())
