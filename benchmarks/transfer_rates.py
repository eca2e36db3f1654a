"""Which share of the learning rate suits a trained body? ``python -m benchmarks.transfer_rates``

As `benchmarks.transfer`, but the images to measure on are held out from the training images. The
default network is trained as it is, and a small one for 30 epochs, which are 30 steps with ten
images a class. Takes an hour on two cores with AVX2 only.
"""

from typing import Annotated

import numpy as np
import typer

from benchmarks.transfer import N_IMAGES, NEW, OLD
from skdigits import CNNClassifier
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist
from skdigits.training._plan import FINE_TUNING

N_TRAIN = 50_000  # the images after them are held out
RATE = 0.01  # the default
SHARES = {"auto": (0.3, 0.6, 1.0, 2.0), "adam": (0.3, 0.6, 1.0)}
SMALL = {"filters": (8, 16)}
NETWORKS = {"small": (SMALL | {"epochs": 6}, SMALL | {"epochs": 30}), "default": ({}, {})}


def main(seeds: Annotated[int, typer.Option(min=2, help="Draws of the few images.")] = 4):
    """Print the mean accuracy and its spread for each share of the learning rate."""
    for network, (of_body, options) in NETWORKS.items():
        for name, fetch in {"Fashion-MNIST": fetch_fashion_mnist, "MNIST": fetch_mnist}.items():
            X, y = fetch(return_X_y=True)
            old = np.flatnonzero(y[:N_TRAIN] < len(OLD))[:6000]
            body = CNNClassifier(**of_body, random_state=0).fit(X[old], y[old])
            ways = {"from nothing": {}}
            for optimizer, shares in SHARES.items():
                for share in shares:
                    rate = {"optimizer": optimizer, "learning_rate": RATE * share / FINE_TUNING}
                    ways[f"{optimizer}, {share}"] = {"transfer_from": body, **rate}
            for n_images in N_IMAGES:
                print(f"{network} network, {name}, {n_images} images a class", flush=True)
                for title, way in ways.items():
                    scores = [_score(X, y, n_images, s, options | way) for s in range(seeds)]
                    spread = 100 * np.std(scores, ddof=1)
                    print(f"  {title}: {100 * np.mean(scores):.1f} ± {spread:.1f} %", flush=True)


def _score(X, y, n_images, seed, options):
    rng = np.random.default_rng(seed)
    of_class = [np.flatnonzero(y[:N_TRAIN] == number) for number in NEW]
    few = np.concatenate([rng.choice(places, n_images, False) for places in of_class])
    held_out = N_TRAIN + np.flatnonzero(y[N_TRAIN:] >= min(NEW))[:2000]
    classifier = CNNClassifier(**options, random_state=seed).fit(X[few], y[few])
    return classifier.score(X[held_out], y[held_out])


if __name__ == "__main__":
    typer.run(main)
