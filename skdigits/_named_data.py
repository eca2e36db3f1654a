"""The data sets by the names that commands and studies use, and your own images by their path."""

import os
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from skdigits._files import escaped
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
    """Return the name of your own images: that of their folder or file, and of no other set.

    It is text that any program can print and write, whatever the file system allows.
    """
    name = escaped(os.path.basename(os.path.abspath(os.path.expanduser(path)))) or "images"
    return f"my-{name}" if name in DATA else name


class BadSplitError(ValueError):
    """Images that cannot be trained on and tested; `split` is the `Split` that they give."""

    def __init__(self, message, split):
        super().__init__(message)
        self.split = split


class Split(NamedTuple):
    """Images for training and for tests.

    Attributes
    ----------
    train, test : tuple of (X, y)
        Images and labels, as `load_data` returns them.
    class_names : list of str
    is_held_out : bool
        Whether the data have no test images, so that these are some of the training images.
    """

    train: tuple[Any, Any]
    test: tuple[Any, Any]
    class_names: list[str]
    is_held_out: bool


def load_data(name, subset, *, image_shape=None, normalize_digits=False):
    """Return a part of a data set: images, labels, and the names of the classes.

    Parameters
    ----------
    name : str
        A key of `DATA`, or a path that `skdigits.datasets.load_images` takes. Large pictures are
        made smaller, and unreadable ones left out; warnings say so.
    subset : {"train", "test", "all"}
    image_shape : tuple of int, default=None
        As of `load_images`, for your own images.
    normalize_digits : bool, default=False
        Whether to bring your own pictures to MNIST's form. The digits of `DATA` have it.

    Returns
    -------
    X : ndarray of shape (n, h, w) or (n, h, w, 3), uint8
    y : ndarray of shape (n,)
    class_names : list of str
        In the order of ``np.unique(y)``.
    """
    from skdigits import datasets

    if name not in DATA:
        X, y = (
            _load_own_digits(name, subset)
            if normalize_digits
            else _load_own(name, subset, image_shape)
        )
        return X, y, np.unique(y).astype(str).tolist()
    loaders = {
        "digits": datasets.load_digits,
        "mnist": datasets.fetch_mnist,
        "fashion": datasets.fetch_fashion_mnist,
        "binary": datasets.fetch_mnist,
    }
    classes = (0, 1) if name == "binary" else None
    bunch = loaders[name](subset=subset, classes=classes)
    names = bunch.target_names.tolist()
    return bunch.data, bunch.target, names if classes is None else [names[n] for n in classes]


def load_split(name, *, normalize_digits=False):
    """Return training and test images, as a `Split`.

    Of your own images without test images, a fifth of each class becomes the test images, always
    the same ones. If images are added or removed, nearly the same. All labels of the test images
    are labels of training images too.

    Raises
    ------
    BadSplitError
        If a class has no training images, or no test images because it has one image only.
    """
    from skdigits._arrays import check_known_labels
    from skdigits.datasets._parts import NoTestImagesError

    options = {"normalize_digits": normalize_digits}
    try:
        *test, _ = load_data(name, "test", **options)
    except NoTestImagesError:
        return _hold_out(name, *load_data(name, "train", **options))
    *train, class_names = load_data(name, "train", **options)
    split = Split(tuple(train), tuple(test), class_names, is_held_out=False)
    try:
        check_known_labels(test[1], train[1], f"the test set of {name}", "its training set")
    except ValueError as error:
        of_both = np.unique(np.concatenate([train[1], test[1]])).astype(str).tolist()
        raise BadSplitError(str(error), split._replace(class_names=of_both)) from None
    return split


def load_test(name, *, image_shape=None, normalize_digits=False):
    """Return test images, labels, names of classes, and whether they are held out.

    It is as of `load_split`.

    Training images are read only where there are no test images.
    """
    from skdigits.datasets._parts import NoTestImagesError

    options = {"image_shape": image_shape, "normalize_digits": normalize_digits}
    try:
        return *load_data(name, "test", **options), False
    except NoTestImagesError:
        split = _hold_out(name, *load_data(name, "train", **options))
        return *split.test, split.class_names, True


def _load_own(path, subset, image_shape):
    from skdigits.datasets import load_images
    from skdigits.datasets._read_pictures import LargePicturesError

    options = {"subset": subset, "on_error": "warn", "return_X_y": True}
    try:
        return load_images(path, image_shape=image_shape, **options)
    except LargePicturesError as error:
        height, width = error.smaller
        warn(f"The pictures of {path} are large; they are used at {height} x {width} pixels.")
        return load_images(path, image_shape=error.smaller, **options)


def _load_own_digits(path, subset):
    """Return the digits of your own pictures in MNIST's form, and their labels."""
    from skdigits.datasets import load_images
    from skdigits.datasets._load_images import list_pictures
    from skdigits.datasets._read_pictures import read_files
    from skdigits.preprocessing._read_digit import DIGIT_FORM, digit_of

    names, y = list_pictures(path, subset)
    pictures = {}  # by names that are no paths
    if names is None:
        images, y = load_images(path, subset=subset, return_X_y=True)
        pictures = {f"image {n} of {path}": pixels for n, pixels in enumerate(images)}
        names = list(pictures)

    def read(name, form):
        return digit_of(pictures.get(name, name))

    X, readable = read_files(names, DIGIT_FORM, on_error="warn", read=read)
    return X, y[readable]


def _hold_out(name, X, y, class_names):
    """Divide images into training and test images, class by class.

    Their content decides, so that hardly any image changes sides when others come or go, and
    copies of an image lie on one side.
    """
    from skdigits._arrays import listed, lone_labels

    is_test = np.zeros(len(y), bool)
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        by_content = sorted((blake2b(X[at].tobytes()).digest(), at) for at in members)
        contents, order = zip(*by_content, strict=True)
        wanted = min(len(members) - 1, max(1, len(members) // HELD_OUT))
        cuts = [n for n in range(1, len(members)) if contents[n - 1] != contents[n]] or [wanted]
        n_test = min(cuts, key=lambda n: abs(n - wanted))  # copies stay together
        is_test[list(order[:n_test])] = True
    train, test = (X[~is_test], y[~is_test]), (X[is_test], y[is_test])
    split = Split(train, test, class_names, is_held_out=True)
    if lone := lone_labels(y):
        raise BadSplitError(
            f"classes of {name} have one image only, and each needs another one as a test image: "
            f"{listed(lone)}",
            split,
        )
    return split
