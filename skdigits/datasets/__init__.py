"""Data sets of small images: MNIST, Fashion-MNIST, the digits of scikit-learn, and your own."""

from skdigits.datasets._digits import load_digits
from skdigits.datasets._load_images import load_images
from skdigits.datasets._mnist import fetch_fashion_mnist, fetch_mnist

__all__ = ["fetch_fashion_mnist", "fetch_mnist", "load_digits", "load_images"]
