"""Small fits whose predictions are stored for each type of processor.

``python tests/reference_fits.py`` writes those of this machine into ``tests/predictions/``, or
into the folder that is named.
"""

import json
import os
import platform
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "predictions"
# From the most to the least. TensorFlow and oneDNN compute in another way with each.
INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "avx512_vnni", "avx512f", "avx_vnni", "avx2")
FITS = {
    "mlp-float32": ("mlp", {"hidden_layer_sizes": (32, 16), "early_stopping": True}),
    "cnn-float32": ("cnn", {"precision": "float32", "augmentation": "affine", "dropout": 0.2}),
    "cnn-bfloat16": ("cnn", {"precision": "bfloat16", "batch_norm": True}),
    "mlp-auto-halves": ("mlp", {"optimizer": "auto", "batch_norm": True, "batch_size": 64}),
}


def cpuinfo():
    """Return what Linux says of the first core, by name; elsewhere nothing."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def processor_type():
    """Return what decides most digits of a result: system, instructions, library."""
    flags = cpuinfo().get("flags", "").split()
    instructions = next((name for name in INSTRUCTIONS if name in flags), "other")
    instructions = os.environ.get("ONEDNN_MAX_CPU_ISA", "").lower() or instructions
    parts = [sys.platform, platform.machine().lower(), instructions]
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in {"0", "false"}:
        parts.append("without-onednn")
    if os.environ.get("SKDIGITS_TEST_BFLOAT16") == "no":  # see tests/processor
        parts.append("as-avx2")
    return "-".join(parts)


def made_on():
    """Return what decides the last digits, too."""
    import keras
    import numpy
    import tensorflow

    modules = (tensorflow, keras, numpy)
    versions = {module.__name__: module.__version__ for module in modules}
    model = ("vendor_id", "cpu family", "model", "stepping", "cache size")
    return versions | {name: cpuinfo().get(name, "unknown") for name in model}


def predictions():
    """Return the probabilities of a few images after each fit."""
    import support

    X, y = support.digits()
    given = {}
    for name, (make, parameters) in FITS.items():
        fitted = getattr(support, make)(**parameters).fit(X, y)
        given[name] = fitted.predict_proba(X[:5]).tolist()
    return given


def main(folder=FOLDER):
    """Write what was made on this machine, and what was predicted."""
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"  # the machine's cores are not to decide
    found = {"predictions": predictions(), "made_on": made_on()}
    path = Path(folder) / f"{processor_type()}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
