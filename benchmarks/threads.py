"""Does the number of TensorFlow's threads change the bits? ``python -m benchmarks.threads``

It fits the same classifiers with each number, in a process of its own, and prints a short text for
the weights of each. Texts that differ are of weights that differ.
"""

import hashlib
import os
import subprocess
import sys
from typing import Annotated

import typer

NUMBERS = (1, 2, 4)


def main(child: Annotated[bool, typer.Option(hidden=True)] = False):
    """Print the texts for each number of threads."""
    if child:
        print(*(f"{name}: {digest(network)}" for name, network in networks().items()), sep="; ")
        return
    for number in NUMBERS:
        threads = dict.fromkeys(["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], str(number))
        command = [sys.executable, "-m", "benchmarks.threads", "--child"]
        done = subprocess.run(command, env={**os.environ, **threads}, stdout=subprocess.PIPE)
        print(number, done.stdout.decode().strip(), flush=True)


def networks():
    """Return the classifiers by name."""
    from skdigits import CNNClassifier, MLPClassifier

    one = {"epochs": 1, "random_state": 0}
    small = {"filters": (4, 4), "hidden_layer_sizes": (16,)}
    return {
        "mlp of 16": MLPClassifier(hidden_layer_sizes=(16,), **one),
        "mlp": MLPClassifier(**one),
        "cnn of 4, 4": CNNClassifier(precision="float32", **small, **one),
        "cnn": CNNClassifier(precision="float32", **one),
        "cnn, auto": CNNClassifier(**one),
    }


def digest(network):
    """Return a text for the weights after a fit."""
    from skdigits.datasets import load_digits

    weights = network.fit(*load_digits(return_X_y=True)).model_.get_weights()
    return hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest()[:8]


if __name__ == "__main__":
    typer.run(main)
