"""Train the default CNN on a GPU: ``python -m benchmarks.gpu``.

Each library runs in a process of its own, on the images of MNIST, without augmentation. Printed are
the seconds of an epoch after the first, its images a second, the images a second of predictions,
and the accuracy on 10,000 images that were held out of the training images. skdigits also trains
twice with one seed, and says whether the probabilities have the same bits.
"""

import json
import subprocess
import sys
import time
from statistics import median
from typing import Annotated

import numpy as np
import typer

HELD_OUT = 10_000


def main(
    batch_sizes: Annotated[str, typer.Option(help="Images of a step.")] = "128,1024,4096",
    epochs: Annotated[int, typer.Option(min=2)] = 5,
    libraries: Annotated[str, typer.Option(help="Some of skdigits, keras, torch.")] = (
        "skdigits,keras,torch"
    ),
    child: Annotated[bool, typer.Option(hidden=True)] = False,
):
    """Measure every library at every batch size."""
    if child:
        measure = {"skdigits": _skdigits, "keras": _keras, "torch": _torch}[libraries]
        print(json.dumps(measure(int(batch_sizes), epochs)))
        return
    for batch_size in batch_sizes.split(","):
        for library in libraries.split(","):
            options = ["--epochs", str(epochs), "--batch-sizes", batch_size, "--child"]
            command = [sys.executable, "-m", "benchmarks.gpu", "--libraries", library, *options]
            done = subprocess.run(command, capture_output=True, text=True)
            lines = done.stdout.splitlines() or [done.stderr[-2000:]]
            print(f"{library}, batches of {batch_size}: {lines[-1]}", flush=True)


def _data():
    from skdigits.datasets import fetch_mnist

    X, y = fetch_mnist(return_X_y=True)
    X = X.reshape(-1, 28, 28)
    return X[:-HELD_OUT], y[:-HELD_OUT].astype(np.int64), X[-HELD_OUT:], y[-HELD_OUT:]


def _measured(times, n_images, predict, X, y):
    """Return the figures of a training whose epochs ended at `times`, and of its predictions."""
    epoch = median(np.diff(times))
    predict(X)  # the first call traces or compiles
    start = time.perf_counter()
    labels = predict(X)
    seconds = time.perf_counter() - start
    return {
        "first_epoch_seconds": None,
        "epoch_seconds": round(epoch, 3),
        "images_a_second": round(n_images / epoch),
        "predictions_a_second": round(len(X) / seconds),
        "accuracy": round(float(np.mean(labels == y)), 4),
    }


def _skdigits(batch_size, epochs):
    import keras

    from skdigits import CNNClassifier

    X, y, X_test, y_test = _data()
    times = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter())
    )
    options = {"epochs": epochs, "batch_size": batch_size, "augmentation": None, "random_state": 0}
    classifier = CNNClassifier(callbacks=[clock], **options).fit(X, y)
    figures = _measured(times[1:], len(X), classifier.predict, X_test, y_test)
    figures["first_epoch_seconds"] = round(times[1] - times[0], 3)
    twice = [CNNClassifier(**options).fit(X, y).predict_proba(X_test) for _ in range(2)]
    figures["same_bits"] = bool(np.array_equal(*twice))
    figures["largest_difference"] = float(np.abs(twice[0] - twice[1]).max())
    return figures | {"policy": classifier.model_.layers[1].dtype_policy.name}


def _keras(batch_size, epochs):
    import keras

    from skdigits.networks import build_cnn

    X, y, X_test, y_test = _data()
    X, X_test = X[..., None] / np.float32(255), X_test[..., None] / np.float32(255)
    keras.utils.set_random_seed(0)
    model = build_cnn((28, 28), 10, batch_norm=True, dtype="mixed_bfloat16")
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=32)
    times = [time.perf_counter()]
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter())
    )
    model.fit(X, y, batch_size=batch_size, epochs=epochs, callbacks=[clock], verbose=0)

    def predict(images):
        return model.predict(images, batch_size=1024, verbose=0).argmax(1)

    figures = _measured(times[1:], len(X), predict, X_test, y_test)
    return figures | {"first_epoch_seconds": round(times[1] - times[0], 3)}


def _torch(batch_size, epochs):
    import torch

    from benchmarks.torch_recipe import fit

    X, y, X_test, y_test = _data()
    options = {"epochs": epochs, "batch_size": batch_size, "device": "cuda", "bfloat16": True}
    times, trained = [time.perf_counter()], []
    for classifier in fit(X, y, moves=False, **options):
        torch.cuda.synchronize()
        times.append(time.perf_counter())
        trained = [classifier]
    figures = _measured(times[1:], len(X), trained[0].predict, X_test, y_test)
    return figures | {"first_epoch_seconds": round(times[1] - times[0], 3)}


if __name__ == "__main__":
    typer.run(main)
