"""Measures of predictions that `sklearn.metrics` does not have."""

import numpy as np
from sklearn.utils import assert_all_finite, check_array, check_consistent_length, column_or_1d

from skdigits import _constraints as c
from skdigits._arrays import check_labels
from skdigits._warnings import warn

__all__ = ["expected_calibration_error"]

SUM_TOLERANCE = 1e-3  # of a row of probabilities; those of float16 are farther from one than others


@c.with_checked_arguments(
    {
        "y_true": [c.ARRAY_LIKE],
        "y_prob": [c.ARRAY_LIKE],
        "n_bins": [c.whole_number(1)],
        "sample_weight": [c.ARRAY_LIKE, c.NONE],
        "labels": [c.ARRAY_LIKE, c.NONE],
    }
)
def expected_calibration_error(y_true, y_prob, *, n_bins=15, sample_weight=None, labels=None):
    """Return the expected calibration error: the mean gap between confidence and accuracy.

    The confidence in a prediction is its probability, the highest of the classes. The predictions
    are put into bins of similar confidence. The gap of a bin is the absolute difference between
    its mean confidence and its accuracy. The error is the mean gap, weighted by the number of
    predictions in each bin.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.

    y_prob : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities in [0, 1], as `predict_proba` returns them: one column for each label, in
        sorted order. If there is one dimension, the probability of the second of two labels.

    n_bins : int, default=15
        Number of bins, at least 1. They divide 0..1 evenly; a probability on the border of two bins
        belongs to the lower one. Use fewer bins if there are few images. The default is that of
        [1]_.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the images, 0 or more.

    labels : array-like of shape (n_classes,), default=None
        All labels, sorted. If None, the labels in `y_true`. Set it if `y_true` may lack a label.

    Returns
    -------
    error : float
        From 0, if the accuracy of each bin is its confidence, to 1.

    Raises
    ------
    ValueError
        If lengths differ; if labels are missing; if a probability is outside 0..1; if there are
        fewer than two labels, or not as many as columns; if `labels` are not sorted or lack a label
        of `y_true`; if a weight is negative or all are 0.

    Warns
    -----
    UserWarning
        If a row of probabilities does not sum to one.

    See Also
    --------
    sklearn.metrics.log_loss : Measures calibration and accuracy together, without bins.
    sklearn.metrics.brier_score_loss : The same with squares instead of logarithms.
    sklearn.calibration.CalibrationDisplay : Draws the bins, for two classes.
    sklearn.calibration.CalibratedClassifierCV : Reduces the error.

    Notes
    -----
    Read the error together with the accuracy or the log loss: a classifier that always predicts the
    most frequent class, with its frequency as probability, has an error of 0. If a bin holds few
    images, as for a small test set, chance alone makes the error larger.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017, https://arxiv.org/abs/1706.04599
    .. [2] M. Pakdaman Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated
       probabilities using Bayesian binning", AAAI 2015.

    Examples
    --------
    Of two predictions with confidence 0.9, one is wrong. Two with confidence 0.6 are both right.
    Both gaps are 0.4.

    >>> from skdigits.metrics import expected_calibration_error
    >>> y_true = ["eight", "eight", "nine", "nine"]
    >>> y_prob = [[0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.4, 0.6]]
    >>> round(expected_calibration_error(y_true, y_prob), 3)
    0.4
    """
    y_true = column_or_1d(check_labels(y_true, "y_true"))
    y_prob = _check_probabilities(y_prob)
    check_consistent_length(y_true, y_prob, sample_weight)
    classes = _check_labels(labels, y_true, n_columns=y_prob.shape[1])
    weights = np.ones(len(y_true)) if sample_weight is None else _check_weights(sample_weight)

    best = y_prob.argmax(axis=1)
    confidence = y_prob.max(axis=1)
    gaps = (classes[best] == y_true) - confidence
    borders = np.linspace(0, 1, n_bins + 1)[1:-1]
    sums = np.bincount(np.searchsorted(borders, confidence), weights=weights * gaps)
    return float(np.abs(sums).sum() / weights.sum())


def _check_probabilities(y_prob):
    """Return probabilities as an array of shape (n_samples, n_classes)."""
    y_prob = check_array(y_prob, dtype=np.float64, ensure_2d=False, input_name="y_prob")
    outside = y_prob[(y_prob < 0) | (y_prob > 1)]
    if len(outside):
        raise ValueError(f"y_prob must hold probabilities, from 0 to 1; it holds {outside[0]:g}.")
    if y_prob.ndim == 1 or y_prob.shape[1] == 1:
        second = y_prob.ravel()
        return np.column_stack([1 - second, second])
    if not np.allclose(y_prob.sum(axis=1), 1, rtol=0, atol=SUM_TOLERANCE):
        warn("The rows of y_prob do not sum to one; give the probabilities of all classes.")
    return y_prob


def _check_labels(labels, y_true, n_columns):
    """Return all labels, sorted: one for each column of the probabilities."""
    given = np.unique(y_true) if labels is None else column_or_1d(labels)
    classes = np.unique(given)
    advice = " Give all of them as labels." if labels is None else ""
    if not np.array_equal(classes, given):
        raise ValueError(f"labels must be sorted and differ, as in {classes.tolist()}.")
    if len(classes) < 2:
        raise ValueError(f"There must be two labels or more, got {classes.tolist()}.{advice}")
    if len(classes) != n_columns:
        raise ValueError(
            f"y_prob has {n_columns} columns for {len(classes)} labels, {classes.tolist()}.{advice}"
        )
    unknown = y_true[~np.isin(y_true, classes)]
    if len(unknown):
        raise ValueError(f"y_true holds {unknown.tolist()[0]!r}, which is not one of the labels.")
    return classes


def _check_weights(sample_weight):
    """Return weights of 0 or more, of which one at least is not 0."""
    weights = column_or_1d(sample_weight, dtype=np.float64)
    assert_all_finite(weights, input_name="sample_weight")
    if (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must hold weights of 0 or more, and not only zeros.")
    return weights
