"""Which digits lose a stroke as an upstroke? ``python -m benchmarks.digit_upstrokes`` counts them.

The digits of MNIST's training images, and scikit-learn's, which other people wrote. The rules stand
in `skdigits/preprocessing/_digit_normalization/upstroke.py`.
"""

from typing import Annotated

import numpy as np
import typer
from joblib import Parallel, delayed

from benchmarks.digit_pictures import scikit_learns_digits
from skdigits.datasets import fetch_mnist
from skdigits.preprocessing._digit_normalization.find_digit import digit_ink
from skdigits.preprocessing._digit_normalization.mnist_form import draw_large
from skdigits.preprocessing._digit_normalization.reading import read_picture
from skdigits.preprocessing._digit_normalization.upstroke import bare_stem


def main(digits: Annotated[int, typer.Option(min=1, help="MNIST's first.")] = 60_000):
    """Print the numbers of 0s, 1s and so on, and of those that lose a stroke."""
    X, y = fetch_mnist(subset="train", return_X_y=True)
    count("MNIST", X[:digits].reshape(-1, 28, 28), y[:digits])
    count("scikit-learn's digits", *scikit_learns_digits())


def count(name, pictures, labels):
    labels = np.asarray(labels).astype(int)
    found = Parallel(n_jobs=-1)(delayed(loses_a_stroke)(picture) for picture in pictures)
    print(f"{name}: {np.bincount(labels, minlength=10)}")
    print(f"  lose a stroke: {np.bincount(labels[found], minlength=10)}")


def loses_a_stroke(picture):
    canvas, _ = draw_large(digit_ink(*read_picture(picture)))
    return bare_stem(canvas) is not None


if __name__ == "__main__":
    typer.run(main)
