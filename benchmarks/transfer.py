"""Does a body that has seen other classes help with few images? ``python -m benchmarks.transfer``

The body learns the classes 0 to 4 of 6,000 training images; the task is to tell 5 to 9 apart from
10 or 50 images a class, on 2,000 test images of these, all with CNNClassifier's defaults. Takes
some minutes.
"""

from typing import Annotated

import numpy as np
import typer

from skdigits import CNNClassifier
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist

N_IMAGES = 10, 50  # a class
OLD, NEW = range(5), range(5, 10)


def main(seeds: Annotated[int, typer.Option(min=1, help="Draws of the few images.")] = 5):
    """Print the mean accuracy and its spread over the seeds."""
    print("data, images a class: test accuracy from nothing, with a frozen body, fine-tuned")
    for name, fetch in {"Fashion-MNIST": fetch_fashion_mnist, "MNIST": fetch_mnist}.items():
        X, y = fetch(return_X_y=True)
        X_test, y_test = fetch(subset="test", classes=list(NEW), return_X_y=True)
        test = X_test[:2000], y_test[:2000]
        old = np.flatnonzero(np.isin(y, OLD))[:6000]
        body = CNNClassifier(random_state=0).fit(X[old], y[old])
        ways = [{}, {"transfer_from": body, "fine_tune": False}, {"transfer_from": body}]
        for n_images in N_IMAGES:
            scores = [[_score(X, y, test, n_images, s, way) for s in range(seeds)] for way in ways]
            cells = [f"{100 * np.mean(s):.1f} ± {100 * np.std(s, ddof=1):.1f} %" for s in scores]
            print(f"{name}, {n_images}: {', '.join(cells)}", flush=True)


def _score(X, y, test, n_images, seed, way):
    rng = np.random.default_rng(seed)
    few = np.concatenate([rng.choice(np.flatnonzero(y == c), n_images, False) for c in NEW])
    return CNNClassifier(**way, random_state=seed).fit(X[few], y[few]).score(*test)


if __name__ == "__main__":
    typer.run(main)
