"""Sets of small images to learn from: MNIST, Fashion-MNIST and scikit-learn's digits."""

from skdigits.datasets._digits import load_digits
from skdigits.datasets._mnist import fetch_fashion_mnist, fetch_mnist

__all__ = ["fetch_fashion_mnist", "fetch_mnist", "load_digits"]
