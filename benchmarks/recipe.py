"""The default CNN against its recipe in plain PyTorch: ``python -m benchmarks.recipe``.

Both train the same network in the same way (`benchmarks.torch_recipe`) on all training images, each
in a process of its own, in turns. The clock starts when imports are done and the raw images are in
memory. PyTorch computes in bfloat16 where the processor has it, as skdigits does. Both are measured
on the test images, so that neither can be fast without learning.
"""

import json
import subprocess
import sys
import time
from statistics import mean, stdev
from typing import Annotated

import numpy as np
import typer

LIBRARIES = ("skdigits", "torch")


def main(
    data: Annotated[str, typer.Option(help="mnist or fashion.")] = "mnist",
    repeats: Annotated[int, typer.Option(min=1, help="Fits of each, with different seeds.")] = 3,
    child: Annotated[str, typer.Option(hidden=True)] = "",
    seed: Annotated[int, typer.Option(hidden=True)] = 0,
):
    """Print the seconds and the accuracy of both, and the ratio of the seconds."""
    if child:
        print(json.dumps(_measure(child, data, seed)))
        return
    rows = {library: [] for library in LIBRARIES}
    for repeat in range(repeats):
        for library in LIBRARIES:
            options = ["--data", data, "--child", library, "--seed", str(repeat)]
            command = [sys.executable, "-m", "benchmarks.recipe", *options]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            row = json.loads(done.stdout.splitlines()[-1])
            rows[library].append(row)
            print(f"{library}, seed {repeat}: {row}", flush=True)
    for library, measured in rows.items():
        texts = [f"{name} {_summary(measured, name)}" for name in measured[0]]
        print(f"{library}: {', '.join(texts)}")
    seconds = {name: mean(row["seconds"] for row in found) for name, found in rows.items()}
    print(f"PyTorch takes {seconds['torch'] / seconds['skdigits']:.2f} times as long as skdigits")


def _summary(rows, name):
    values = [row[name] for row in rows]
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{mean(values):.4f}{spread}"


def _measure(library, data, seed):
    from skdigits._processor import has_bfloat16
    from skdigits.datasets import fetch_fashion_mnist, fetch_mnist

    fetch = {"mnist": fetch_mnist, "fashion": fetch_fashion_mnist}[data]
    X, y = fetch(return_X_y=True)
    X_test, y_test = fetch(subset="test", return_X_y=True)
    if library == "torch":
        fit = _torch_fit(has_bfloat16(), seed)
    else:
        import skdigits.training  # noqa: F401 - imports TensorFlow, before the clock starts
        from skdigits import CNNClassifier

        fit = CNNClassifier(random_state=seed).fit
    start, processor = time.perf_counter(), time.process_time()
    classifier = fit(X, y)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    accuracy = np.mean(classifier.predict(X_test) == y_test)
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "accuracy": round(float(accuracy), 4),
    }


def _torch_fit(bfloat16, seed):
    from benchmarks.torch_recipe import fit

    def fit_all(X, y):
        *_, classifier = fit(X, y.astype(np.int64), bfloat16=bfloat16, seed=seed)
        return classifier

    return fit_all


if __name__ == "__main__":
    typer.run(main)
