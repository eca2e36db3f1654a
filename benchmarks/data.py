"""The images: written once by the runner, read by each process before its clock starts."""

import numpy as np

from benchmarks.workloads import Size


def write(size: Size, folder):
    """Write the set of a size into a folder, as plain arrays."""
    from skdigits.datasets import fetch_mnist, load_digits

    fetch = {"mnist": fetch_mnist, "digits": load_digits}[size.data]
    for subset in ("train", "test"):
        images, labels = fetch(subset=subset, return_X_y=True)
        np.save(folder / f"{subset}_images.npy", images.reshape(-1, 28, 28))
        np.save(folder / f"{subset}_labels.npy", labels)


def load(folder, subset, n_images=None, *, side=28, n_classes=10):
    """Return uint8 images of shape (n, side, side) and integer labels.

    Another side repeats or leaves out pixels; another number of classes hands out labels in turn:
    costs do not depend on what they say.
    """
    images = np.load(folder / f"{subset}_images.npy", mmap_mode="r")[:n_images]
    labels = np.load(folder / f"{subset}_labels.npy")[:n_images].astype(np.int64)
    pixels = np.arange(side) * images.shape[1] // side
    images = np.array(images) if side == images.shape[1] else images[:, pixels][:, :, pixels]
    return images, labels if n_classes == 10 else np.arange(len(labels)) % n_classes
