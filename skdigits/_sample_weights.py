"""Weights of the images in the loss: sample weights times class weights, with a mean of one."""

from math import frexp, inf, ldexp
from numbers import Real

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_sample_weight


def loss_weights(sample_weight, class_weight, classes, codes, earlier):
    """Return a weight for each image. The mean of those above 0, over all calls, is one.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
    class_weight : dict, "balanced" or None
    classes : ndarray of shape (n_classes,)
        All labels. Not every call need have all of them.
    codes : ndarray of int of shape (n_samples,)
        The place of each image's label in `classes`.
    earlier : (float, int)
        Sum and number of the weights above 0 of earlier calls.

    Returns
    -------
    weights : ndarray of float64
    seen : (float, int)
        Sum and number of all weights above 0 so far, before they are divided by their mean.

    Raises
    ------
    ValueError
        If weights have another shape, if one is negative or masked, if all are zero, or if they are
        too large to be added.
    """
    given = _checked(sample_weight, len(codes))
    # Only those above 0 are added, so that the others change no digit of the sum.
    rows = np.flatnonzero(given)
    weights = given[rows]
    with np.errstate(over="ignore"):
        if class_weight is not None:
            weights = weights * _of_classes(class_weight, classes, codes[rows])
            rows, weights = rows[weights > 0], weights[weights > 0]
        total, count = earlier[0] + weights.sum(), earlier[1] + len(weights)
    if not np.isfinite(total):
        raise ValueError(
            "sample_weight and class_weight give weights whose sum is too large for a float. "
            "Divide them by the largest: only their ratios count."
        )
    if not total:
        raise ValueError("sample_weight and class_weight give each image a weight of zero.")
    # A power of two changes no digit, and the number of images divided by a tiny sum is infinite.
    _, exponent = frexp(total)
    scaled = np.ldexp(weights, -exponent) * (count / ldexp(total, -exponent))
    found = np.zeros(len(codes))
    found[rows] = scaled
    return found, (total, count)


def _of_classes(class_weight, classes, codes):
    """Return the weight of each image's class; it is one for classes that a dict lacks.

    As in scikit-learn, a dict that has each class may have more: a fold may lack a class. Its own
    function would take labels like "7" for numbers.
    """
    if not isinstance(class_weight, dict):
        return compute_sample_weight(class_weight, codes)
    labels = classes.tolist()
    unknown = [label for label in class_weight if label not in labels]
    if unknown and not class_weight.keys() >= set(labels):
        raise ValueError(
            f"The 'class_weight' parameter names labels that are none: {unknown}. The labels are "
            f"{labels}. If a part of the images may lack a class, give every class a weight."
        )
    weights = class_weight.values()
    if not all(isinstance(weight, Real) and 0 <= float(weight) < inf for weight in weights):
        raise ValueError(
            "The 'class_weight' parameter must give each label a finite number of at least 0; got "
            f"{class_weight}."
        )
    return np.array([class_weight.get(label, 1.0) for label in labels], np.float64)[codes]


def _checked(sample_weight, n_samples):
    """Return sample weights as an array; a number is the weight of each sample, None means 1."""
    if sample_weight is None or np.isscalar(sample_weight):
        sample_weight = np.full(n_samples, 1.0 if sample_weight is None else sample_weight)
    if np.ma.is_masked(sample_weight):
        raise ValueError(
            "sample_weight has masked values, which are not numbers; fill them with "
            "sample_weight.filled(0)."
        )
    weights = check_array(
        sample_weight,
        dtype=np.float64,
        ensure_2d=False,
        ensure_non_negative=True,
        input_name="sample_weight",
    )
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight must hold one number for each of the {n_samples} images; it has the "
            f"shape {weights.shape}."
        )
    return weights
