"""Does memory stay flat? ``python -m benchmarks.soak``

It fits classifiers of several kinds in turn, predicts single images, and fits networks of which
none is like another, all in one process. It prints the resident memory at intervals. The growth is
the slope of a line through these, without the first fifth: until then libraries allocate what they
keep. If it is above a bound, the exit status is 1.
"""

import gc
import sys
from typing import Annotated

import numpy as np
import psutil
import typer

from skdigits import CNNClassifier, MLPClassifier, NetworkClassifier
from skdigits.datasets import load_digits
from skdigits.ensemble import AveragingClassifier

N_READINGS = 25
# Bounds of the growth, in bytes for each.
BOUNDS = {"fits": 50_000, "predictions": 100, "new networks": 3_000_000}


def main(
    fits: Annotated[int, typer.Option(min=5)] = 500,
    predictions: Annotated[int, typer.Option(min=5)] = 100_000,
    networks: Annotated[int, typer.Option(min=5)] = 100,
):
    """Print the memory during each work, and exit with 1 if it grows by more than its bound."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:200], y[:200]
    fitted = MLPClassifier(hidden_layer_sizes=(16,), epochs=1, random_state=0).fit(X, y)
    cnn = CNNClassifier(filters=(4,), hidden_layer_sizes=(8,), epochs=1, random_state=0).fit(X, y)

    def fit(number):
        classifiers(number)[number % 5].fit(X, y).predict(X[:5])

    def predict(number):
        (fitted, cnn)[number % 2].predict_proba(X[number % 200 : number % 200 + 1])

    def fit_new(number):
        units = 100 + number  # a width that does not come again
        MLPClassifier(hidden_layer_sizes=(units,), epochs=1, random_state=0).fit(X, y)

    works = {"fits": (fit, fits), "predictions": (predict, predictions)}
    works["new networks"] = (fit_new, networks)
    slopes = {name: growth(name, *work) for name, work in works.items()}
    sys.exit(any(slope > BOUNDS[name] for name, slope in slopes.items()))


def classifiers(seed):
    """Return small classifiers of several kinds, as searches and services fit them."""
    small = {"epochs": 1, "batch_size": 64, "random_state": seed}
    network = MLPClassifier(hidden_layer_sizes=(8 + seed % 3,), **small)
    return [
        network,
        CNNClassifier(filters=(4,), hidden_layer_sizes=(8,), **small),
        NetworkClassifier(dense, build_options={"units": 8 + seed % 3}, **small),
        AveragingClassifier(network, n_estimators=2, random_state=seed),
        MLPClassifier(hidden_layer_sizes=(8,), early_stopping=True, callbacks=[note()], **small),
    ]


def dense(input_shape, n_classes, units):
    """Build a network, as users of `NetworkClassifier` do."""
    import keras

    layers = [keras.layers.Flatten(), keras.layers.Dense(units, "relu")]
    output = keras.layers.Dense(n_classes, "softmax")
    return keras.Sequential([keras.Input(input_shape), *layers, output])


def note():
    """Return a callback, as users write them."""
    import keras

    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)


def growth(name, work, n):
    """Do some work n times, print the memory at intervals, and return its growth for each."""
    process, done, memory = psutil.Process(), [], []
    for number in range(n):
        work(number)
        if number % max(1, n // N_READINGS) == 0:
            gc.collect()
            done.append(number)
            memory.append(process.memory_info().rss)
            print(f"{number:7} {name}: {memory[-1] / 1e6:8.1f} MB", flush=True)
    kept = slice(len(done) // 5, None)
    slope = np.polyfit(done[kept], memory[kept], 1)[0]
    print(f"{name}: {slope:.0f} bytes each, at most {BOUNDS[name]}", flush=True)
    return slope


if __name__ == "__main__":
    typer.run(main)
