"""MNIST and Fashion-MNIST, from a local folder or downloaded once."""

import os

import numpy as np

from skdigits import _constraints as c
from skdigits.datasets._bunch import LOADER_CONSTRAINTS, check_classes, make_result
from skdigits.datasets._digits import DIGIT_NAMES
from skdigits.datasets._fetch import fetch_files

FETCHER_CONSTRAINTS = {
    "data_home": [c.instance_of(str, os.PathLike), c.NONE],
    "download_if_missing": [c.BOOLEAN],
    **LOADER_CONSTRAINTS,
}

PREFIXES = {"train": ["train"], "test": ["t10k"], "all": ["train", "t10k"]}

GARMENT_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

MNIST_DESCR = """\
MNIST
-----
70,000 handwritten digits, white on black, as images of 28 x 28 pixels of 0 to 255: 60,000 for
training and 10,000 for testing, by different people. Each digit fills a box of 20 x 20 pixels, and
its centre of mass is in the middle of the image. By Y. LeCun, C. Cortes and C. J. C.
Burges, after data of NIST; CC BY-SA 3.0.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998.
"""

FASHION_DESCR = """\
Fashion-MNIST
-------------
70,000 pictures of Zalando's garments, light on black, as images of 28 x 28 pixels of 0 to 255:
6,000 of each of ten classes for training and 1,000 for testing. It has the form of MNIST, but is
harder to classify. By H. Xiao, K. Rasul and R. Vollgraf; MIT licence, Zalando SE.

H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms", arXiv:1708.07747, 2017.
"""


@c.with_checked_arguments(FETCHER_CONSTRAINTS)
def fetch_mnist(
    *,
    data_home=None,
    download_if_missing=True,
    subset="train",
    classes=None,
    return_X_y=False,
):
    """Load MNIST's handwritten digits (classification).

    The files are read from the folder that the environment variable ``SKDIGITS_DATA`` names, or
    from scikit-learn's data home. If neither has them, they are downloaded to the data home (11 MB;
    55 MB on disk, without compression). Their content is always checked by its MD5.

    =================   =====================
    Classes                                10
    Training images                    60,000
    Test images                        10,000
    Image size                        28 x 28
    Values                           0 to 255
    =================   =====================

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder for downloads; the files are in its subfolder ``skdigits/mnist``. None means
        scikit-learn's data home, see :func:`sklearn.datasets.get_data_home`.

    download_if_missing : bool, default=True
        If False, raise an OSError if the files are not on this machine.

    subset : {"train", "test", "all"}, default="train"
        Which part to load, in the published order; "all" is the training images followed by the
        test images. Only the files of that part are needed.

    classes : array-like of int, default=None
        Labels to keep, from 0 to 9; None keeps all. Labels are not renumbered.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    mnist : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_samples, 28, 28), uint8
            The images, white on black.
        target : ndarray of shape (n_samples,), int64
            The labels.
        target_names : ndarray of shape (10,), str
            The names of all labels, including those that `classes` leaves out.
        DESCR : str
            A description of the data set.

    (data, target) : tuple if `return_X_y` is True
        The two arrays.

    Raises
    ------
    OSError
        If a file is truncated, corrupt or not the published one; if no mirror has it; if it is
        missing and `download_if_missing` is False; if ``SKDIGITS_DATA`` does not name a folder.
    ValueError
        If a parameter has an invalid value.

    See Also
    --------
    fetch_fashion_mnist : Garments, in the same form.
    load_digits : A small set that needs no network.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
       document recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from skdigits.datasets import fetch_mnist
    >>> X, y = fetch_mnist(classes=(0, 1), return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (12665, 28, 28)
    """
    return _fetch(
        "mnist",
        data_home=data_home,
        download_if_missing=download_if_missing,
        subset=subset,
        classes=classes,
        return_X_y=return_X_y,
        target_names=DIGIT_NAMES,
        descr=MNIST_DESCR,
    )


@c.with_checked_arguments(FETCHER_CONSTRAINTS)
def fetch_fashion_mnist(
    *,
    data_home=None,
    download_if_missing=True,
    subset="train",
    classes=None,
    return_X_y=False,
):
    """Load Fashion-MNIST's garments (classification).

    The files are read from the folder that the environment variable ``SKDIGITS_DATA`` names, or
    from scikit-learn's data home. If neither has them, they are downloaded to the data home (30 MB;
    55 MB on disk, without compression). Their content is always checked by its MD5.

    =================   =====================
    Classes                                10
    Training images                    60,000
    Test images                        10,000
    Image size                        28 x 28
    Values                           0 to 255
    =================   =====================

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder for downloads; the files are in its subfolder ``skdigits/fashion``. None means
        scikit-learn's data home, see :func:`sklearn.datasets.get_data_home`.

    download_if_missing : bool, default=True
        If False, raise an OSError if the files are not on this machine.

    subset : {"train", "test", "all"}, default="train"
        Which part to load, in the published order; "all" is the training images followed by the
        test images. Only the files of that part are needed.

    classes : array-like of int, default=None
        Labels to keep, from 0 to 9; None keeps all. Labels are not renumbered.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    fashion : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_samples, 28, 28), uint8
            The images, light on black.
        target : ndarray of shape (n_samples,), int64
            The labels.
        target_names : ndarray of shape (10,), str
            The names of all labels, including those that `classes` leaves out.
        DESCR : str
            A description of the data set.

    (data, target) : tuple if `return_X_y` is True
        The two arrays.

    Raises
    ------
    OSError
        If a file is truncated, corrupt or not the published one; if no mirror has it; if it is
        missing and `download_if_missing` is False; if ``SKDIGITS_DATA`` does not name a folder.
    ValueError
        If a parameter has an invalid value.

    See Also
    --------
    fetch_mnist : Handwritten digits, in the same form.
    load_digits : A small set that needs no network.

    References
    ----------
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for
       benchmarking machine learning algorithms", 2017, https://arxiv.org/abs/1708.07747.

    Examples
    --------
    >>> from skdigits.datasets import fetch_fashion_mnist
    >>> fashion = fetch_fashion_mnist(subset="test")  # doctest: +SKIP
    >>> print(fashion.target_names[fashion.target[0]])  # doctest: +SKIP
    Ankle boot
    """
    return _fetch(
        "fashion",
        data_home=data_home,
        download_if_missing=download_if_missing,
        subset=subset,
        classes=classes,
        return_X_y=return_X_y,
        target_names=GARMENT_NAMES,
        descr=FASHION_DESCR,
    )


def _fetch(name, *, data_home, download_if_missing, subset, classes, target_names, **form):
    """Read the files of a subset and make the result of them."""
    kept = check_classes(classes, target_names)
    parts = [
        fetch_files(name, prefix, data_home=data_home, download_if_missing=download_if_missing)
        for prefix in PREFIXES[subset]
    ]
    # This also copies a single part, so that the caller gets a writable array.
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return make_result(images, labels, kept=kept, target_names=target_names, **form)
