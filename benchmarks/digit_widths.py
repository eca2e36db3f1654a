"""How wide was a digit before it was stretched? ``python -m benchmarks.digit_widths`` asks MNIST.

A linear regression of the width's logarithm on two signs of the strokes. Its numbers stand in
`skdigits/preprocessing/_digit_normalization/small_digits.py`. Only training images are read.
"""

from typing import Annotated

import numpy as np
import typer
from PIL import Image
from sklearn.linear_model import LinearRegression

from benchmarks.drawn_digits.pictures import as_bytes
from benchmarks.drawn_digits.scans import scan
from skdigits.datasets import fetch_mnist
from skdigits.preprocessing._digit_normalization.small_digits import POINTS, stretch_and_breadth


def main(digits: Annotated[int, typer.Option(min=100)] = 3_000):
    """Print the numbers, and how far off the width is for other digits."""
    X, y = fetch_mnist(subset="train", return_X_y=True)
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(X))[:digits]
    scans = [scan(X[i].reshape(28, 28), rng) for i in chosen]
    widths = np.log([ink.shape[1] / ink.shape[0] for ink in scans])
    signs = np.array([stretch_and_breadth(stretched(ink)) for ink in scans])
    fitted, other = slice(digits // 2), slice(digits // 2, None)
    model = LinearRegression().fit(signs[fitted], widths[fitted])
    print(f"usual width {model.intercept_:.2f}, by stretch and breadth {model.coef_.round(2)}")
    for name, among in ("all", y == y), ("without 1", y != 1):
        kept = among[chosen][other]
        off = (widths[other] - model.predict(signs[other]))[kept]
        print(
            f"{name}: off by {off.std():.2f}; the mean width is by {widths[other][kept].std():.2f}"
        )


def stretched(ink):
    return np.asarray(Image.fromarray(as_bytes(ink)).resize((POINTS, POINTS), Image.BOX)) > 127


if __name__ == "__main__":
    typer.run(main)
