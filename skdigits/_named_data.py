"""The data sets by the names that commands and studies use, and your own images by their path."""

import os

import numpy as np

from skdigits._warnings import warn

DATA = {
    "digits": "scikit-learn's digits",
    "mnist": "MNIST",
    "fashion": "Fashion-MNIST",
    "binary": "MNIST's 0 and 1",
}
HELD_OUT = 5  # one image of so many is a test image, in data without test images


def title_of(name):
    """Return the title of a data set; your own images are called as their folder or file."""
    return DATA.get(name) or name_of(name)


def name_of(path):
    """Return the name of your own images: that of their folder or file, and of no other set."""
    name = os.path.basename(os.path.abspath(os.path.expanduser(path))) or "images"
    return f"my-{name}" if name in DATA else name


def load_data(name, subset):
    """Return a part of a data set: images, labels, and the names of the classes.

    Parameters
    ----------
    name : str
        A key of `DATA`, or a path that `skdigits.datasets.load_images` takes. Large pictures are
        made smaller, and unreadable ones left out; warnings say so.
    subset : {"train", "test", "all"}

    Returns
    -------
    X : ndarray of shape (n, h, w) or (n, h, w, 3), uint8
    y : ndarray of shape (n,)
    class_names : list of str
        In the order of ``np.unique(y)``.
    """
    from skdigits import datasets

    if name not in DATA:
        bunch = _load_own(name, subset)
        return bunch.data, bunch.target, np.unique(bunch.target).astype(str).tolist()
    loaders = {
        "digits": datasets.load_digits,
        "mnist": datasets.fetch_mnist,
        "fashion": datasets.fetch_fashion_mnist,
        "binary": datasets.fetch_mnist,
    }
    classes = (0, 1) if name == "binary" else None
    bunch = loaders[name](subset=subset, classes=classes)
    return bunch.data, bunch.target, [str(n) for n in bunch.target_names[: classes and 2]]


def load_split(name):
    """Return training and test images: ``(X, y), (X_test, y_test), class_names``.

    Of your own images without test images, a fifth of each class becomes the test images, always
    the same ones.
    """
    from skdigits.datasets._parts import NoTestImagesError

    try:
        X_test, y_test, _ = load_data(name, "test")
    except NoTestImagesError:
        return _hold_out(name, *load_data(name, "train"))
    X, y, class_names = load_data(name, "train")
    return (X, y), (X_test, y_test), class_names


def _load_own(path, subset):
    from skdigits.datasets import load_images
    from skdigits.datasets._read_pictures import LargePicturesError

    try:
        return load_images(path, subset=subset, on_error="warn")
    except LargePicturesError as error:
        height, width = error.smaller
        warn(f"The pictures of {path} are large; they are used at {height} x {width} pixels.")
        return load_images(path, subset=subset, image_shape=error.smaller, on_error="warn")


def _hold_out(name, X, y, class_names):
    """Divide images into training and test images, class by class."""
    is_test = np.zeros(len(y), bool)
    rng = np.random.default_rng(0)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        if len(members) < 2:
            raise ValueError(
                f"the class {label.item()!r} of {name} has one image only, and each class needs "
                "another one as a test image"
            )
        is_test[rng.permutation(members)[: max(1, len(members) // HELD_OUT)]] = True
    return (X[~is_test], y[~is_test]), (X[is_test], y[is_test]), class_names
