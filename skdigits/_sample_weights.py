"""Weights of the images in the loss: sample weights times class weights, with a mean of one."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_sample_weight


def loss_weights(sample_weight, class_weight, y, n_samples, earlier):
    """Return a weight for each image. The mean over all calls is one.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), number or None
    class_weight : dict, "balanced" or None
    y : array-like of shape (n_samples,)
        Labels.
    n_samples : int
    earlier : (float, int)
        Sum and number of the weights of earlier calls.

    Returns
    -------
    weights : ndarray of float64
    seen : (float, int)
        Sum and number of all weights so far, before they are divided by their mean.

    Raises
    ------
    ValueError
        If weights have another shape, if one is negative, or if all are zero.
    """
    if sample_weight is None and class_weight is None:
        return np.ones(n_samples), earlier
    weights = _checked(sample_weight, n_samples)
    if class_weight is not None:
        weights = weights * compute_sample_weight(class_weight, y)
        if (weights < 0).any():
            raise ValueError("The 'class_weight' parameter holds a negative weight.")
    total, count = earlier[0] + weights.sum(), earlier[1] + len(weights)
    if not total:
        raise ValueError("sample_weight and class_weight give each image a weight of zero.")
    return weights * (count / total), (total, count)


def _checked(sample_weight, n_samples):
    """Return sample weights as an array; a number is the weight of each sample, None means 1."""
    if sample_weight is None or np.isscalar(sample_weight):
        sample_weight = np.full(n_samples, 1.0 if sample_weight is None else sample_weight)
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
