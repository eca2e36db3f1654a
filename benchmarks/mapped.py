"""Train on images in a memory-mapped file, and on the same images in memory.

``python -m benchmarks.mapped --gigabytes 10`` prints seconds and memory of both, each in a process
of its own, and the ratio of their times an image. In memory a training takes twice the size of the
images, so it has only the first `--in-memory` gigabytes of the file. A small training before the
clock has TensorFlow imported and the network built. On Linux, no part of the file is in memory when
a process begins, so the training reads the disk.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

SIDE = 28
N_CLASSES = 10
PART = 10_000  # images that the file repeats
FEW = 1000  # images of the training before the clock
MAIN = "benchmarks.mapped"


def main(
    gigabytes: Annotated[float, typer.Option(help="Size of the file.")] = 10.0,
    in_memory: Annotated[float, typer.Option(help="Gigabytes to train on in memory.")] = 4.0,
    child: Annotated[str, typer.Option(hidden=True)] = "",
    file: Annotated[Path | None, typer.Option(hidden=True)] = None,
):
    """Measure both, or one of them as a process of its own (`child`)."""
    if child:
        print(json.dumps(_measure(child, file, int(in_memory * 1e9) // SIDE**2)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        _write(path, int(gigabytes * 1e9))
        found = {kind: _run(kind, path, in_memory) for kind in ("memory", "mapped")}
    for kind, measured in found.items():
        print(kind, json.dumps(measured))
    times = [f"microseconds{which}_an_image" for which in ("", "_of_processors")]
    ratios = [found["mapped"][name] / found["memory"][name] for name in times]
    print(
        f"{gigabytes:g} GB mapped: an image takes {ratios[0]:.2f} of the time in memory, "
        f"{ratios[1]:.2f} of the processor's time"
    )


def _write(path, n_bytes):
    n_images = n_bytes // SIDE**2
    shape = (n_images, SIDE, SIDE)
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    part = np.random.default_rng(0).integers(0, 256, (PART, SIDE, SIDE), dtype=np.uint8)
    for start in range(0, n_images, PART):
        images[start : start + PART] = part[: n_images - start]
    images.flush()


def _run(kind, path, in_memory):
    if hasattr(os, "posix_fadvise"):  # as if nobody had read or written the file before
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    options = ["--child", kind, "--file", str(path), "--in-memory", str(in_memory)]
    command = [sys.executable, "-m", MAIN, *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(kind, path, most_in_memory):
    from skdigits import MLPClassifier

    X = np.load(path, mmap_mode="r")
    classifier = MLPClassifier(
        hidden_layer_sizes=(64,), epochs=1, augmentation=None, batch_size=512, random_state=0
    )
    classifier.fit(np.array(X[-FEW:]), np.arange(FEW) % N_CLASSES)
    if kind == "memory":
        X = np.array(X[:most_in_memory])
    y = np.arange(len(X)) % N_CLASSES
    start, cpu_start = time.perf_counter(), time.process_time()
    classifier.fit(X, y)
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    loss = classifier.history_["loss"][-1]
    return {
        "images": len(X),
        "seconds": round(seconds, 1),
        "microseconds_an_image": 1e6 * seconds / len(X),
        "microseconds_of_processors_an_image": 1e6 * cpu_seconds / len(X),
        "peak_gigabytes": peak,
        "loss": loss,
    }


if __name__ == "__main__":
    typer.run(main)
