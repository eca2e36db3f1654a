"""The digits of scikit-learn in the form of MNIST, without a download."""

import numpy as np
from sklearn import datasets

from skdigits import _constraints as c
from skdigits.datasets._bunch import LOADER_CONSTRAINTS, check_classes, make_result

DIGIT_NAMES = tuple("0123456789")
BOX = 20  # pixels that a digit of MNIST fills
MARGIN = 4  # pixels around it

DESCR = """\
Optical recognition of handwritten digits, as images of 28 x 28 pixels
-----------------------------------------------------------------------
1,797 handwritten digits by 13 people: the set that scikit-learn bundles, which is the test half
of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0. The originals are 8 x 8 pixels of 0
to 16. They are enlarged to 20 x 20 by linear interpolation, framed by four black pixels and
scaled to 0 to 255, the layout of MNIST.

The test images are the last fifth of each class in the published order, 355 in all; the other
1,442 are for training. The writers follow each other in that order, so that most of the test
images are by other people than the training images.
"""


@c.with_checked_arguments(LOADER_CONSTRAINTS)
def load_digits(*, subset="train", classes=None, return_X_y=False):
    """Load scikit-learn's handwritten digits as images of 28 x 28 pixels.

    The digits come with scikit-learn and need no download. To get the layout of MNIST, each
    original of 8 x 8 pixels is enlarged to 20 x 20 pixels by linear interpolation and put in the
    middle of a black image. The levels 0 to 16 become 0 to 255.

    =================   =====================
    Classes                                10
    Training images                     1,442
    Test images                           355
    Image size                        28 x 28
    Values                           0 to 255
    =================   =====================

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which part to load; "all" is the training images followed by the test images.

    classes : array-like of int, default=None
        Labels to keep, from 0 to 9; None keeps all. Labels are not renumbered.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    digits : :class:`~sklearn.utils.Bunch`
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
    ValueError
        If a parameter has an invalid value.

    See Also
    --------
    fetch_mnist : The 70,000 handwritten digits of MNIST.
    sklearn.datasets.load_digits : The 8 x 8 originals.

    Notes
    -----
    The test images are the last fifth of each class in the published order. The 13 writers follow
    each other in that order, so that most of the test images are by other people than the training
    images, as in MNIST. A test score is therefore lower than with a shuffled split, but closer to
    the score for new writers.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
       Learning Repository, 1998, https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> X.shape, X.dtype
    ((1442, 28, 28), dtype('uint8'))
    >>> load_digits(subset="test", classes=(0, 1)).target[:8]
    array([0, 0, 1, 1, 0, 0, 0, 1])
    """
    kept = check_classes(classes, DIGIT_NAMES)
    originals, labels = datasets.load_digits(return_X_y=True)
    chosen = _split(labels, subset)
    return make_result(
        _enlarge(originals[chosen].reshape(-1, 8, 8)),
        labels[chosen],
        kept=kept,
        return_X_y=return_X_y,
        target_names=DIGIT_NAMES,
        descr=DESCR,
    )


def _split(labels, subset):
    """Return the indices of a subset; the last fifth of each class is the test set."""
    is_test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        is_test[members[len(members) - len(members) // 5 :]] = True
    parts = {"train": [~is_test], "test": [is_test], "all": [~is_test, is_test]}
    return np.concatenate([np.flatnonzero(mask) for mask in parts[subset]])


def _enlarge(images):
    """Bring 8 x 8 images of 0 to 16 into the layout of MNIST.

    All numbers are integers, so that every machine gives the same pixels. The centre of target
    pixel i is at (4 i - 3) / 10 source pixels, so the weights of its two neighbours are tenths.
    """
    position = np.clip(4 * np.arange(BOX) - 3, 0, 70)
    weights = np.maximum(10 - np.abs(position[:, None] - 10 * np.arange(8)), 0)
    hundredths = weights @ images.astype(np.int64) @ weights.T
    white = 16 * 100
    pixels = (hundredths * 255 + white // 2) // white
    margin = (MARGIN, MARGIN)
    return np.pad(pixels, ((0, 0), margin, margin)).astype(np.uint8)
