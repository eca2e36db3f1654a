"""What do halved batches and TensorFlow's threads cost? ``python -m benchmarks.halves``

It fits networks to images of MNIST with whole batches and with halves, and with one and two threads
for an operation, on all cores or on one. Each fit has a process of its own, and the ways take
turns. It prints medians of seconds, and of processor seconds.
"""

import os
import subprocess
import sys
import time
from statistics import median
from typing import Annotated

import typer

WAYS = {
    "whole, 2 threads": (False, 2),
    "whole, 1 thread": (False, 1),
    "halves, 1 thread": (True, 1),
    "halves, 2 threads": (True, 2),
}


def main(
    repeats: Annotated[int, typer.Option(min=1)] = 3,
    one_core: Annotated[bool, typer.Option(help="Keep each fit to one core.")] = False,
    child: Annotated[tuple[str, str] | None, typer.Option(hidden=True)] = None,
):
    """Print seconds and processor seconds of each network, each way."""
    if child:
        print(*_seconds(*child))
        return
    for name in networks():
        found: dict[str, list] = {way: [] for way in WAYS}
        for _ in range(repeats):
            for way in WAYS:
                found[way].append(_in_process(name, way, one_core))
        for way, pairs in found.items():
            wall, processor = (median(each) for each in zip(*pairs, strict=True))
            print(f"{name}; {way}: {wall:.2f} s, {processor:.2f} processor s", flush=True)


def networks():
    """Return (classifier, number of images) by name."""
    from skdigits import CNNClassifier, MLPClassifier

    one = {"epochs": 1, "random_state": 0}
    return {
        "MLPClassifier(), 2 epochs of 20,000": (MLPClassifier(epochs=2, random_state=0), 20_000),
        "CNNClassifier.with_effort('quick'), 1 epoch of 20,000": (
            CNNClassifier.with_effort("quick", **one),
            20_000,
        ),
        "CNNClassifier(), 1 epoch of 20,000": (CNNClassifier(**one), 20_000),
        "CNNClassifier(precision='float32'), 1 epoch of 20,000": (
            CNNClassifier(precision="float32", **one),
            20_000,
        ),
        "CNNClassifier.with_effort('best'), 1 epoch of 5,000": (
            CNNClassifier.with_effort("best", **one),
            5_000,
        ),
        "CNNClassifier(), 1,000 images": (CNNClassifier(random_state=0), 1_000),
        "MLPClassifier(), 1,000 images": (MLPClassifier(random_state=0), 1_000),
    }


def _in_process(name, way, one_core):
    command = [sys.executable, "-m", "benchmarks.halves", "--child", name, way]
    threads = {"TF_NUM_INTRAOP_THREADS": str(WAYS[way][1])}
    if one_core:
        command = ["taskset", "--cpu-list", "0", *command]
    done = subprocess.run(
        command, env={**os.environ, **threads}, stdout=subprocess.PIPE, check=True
    )
    return [float(number) for number in done.stdout.split()]


def _seconds(name, way):
    """Return the time and the processor time of a second fit, when everything is built."""
    from skdigits.datasets import fetch_mnist
    from skdigits.training import _halves

    if not WAYS[way][0]:
        _halves.LEAST_BATCH = 10**9
    X, y = fetch_mnist(return_X_y=True)
    classifier, n_images = networks()[name]
    X, y = X[:n_images], y[:n_images]
    classifier.fit(X, y)
    start, processor = time.perf_counter(), time.process_time()
    classifier.fit(X, y)
    return time.perf_counter() - start, time.process_time() - processor


if __name__ == "__main__":
    typer.run(main)
