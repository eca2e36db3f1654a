"""Measures of predictions that scikit-learn lacks, in the shape of `sklearn.metrics`."""

from numbers import Integral

import numpy as np
from sklearn.metrics import log_loss
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import column_or_1d

__all__ = ["expected_calibration_error"]


@validate_params(
    {
        "y_true": ["array-like"],
        "y_prob": ["array-like"],
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "sample_weight": ["array-like", None],
        "labels": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def expected_calibration_error(y_true, y_prob, *, n_bins=15, sample_weight=None, labels=None):
    """Mean distance between how sure a classifier is and how often it is right.

    Of each image counts the class of the highest probability, the first of equals. The images are
    put into bins by that probability; in each bin, the mean probability is compared with the share
    of images whose class is right, and the distances are averaged, each bin weighing as many
    images as it holds.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.

    y_prob : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities in [0, 1], as `predict_proba` gives them: the columns in the order of the
        sorted labels. One dimension is the probability of the second of two labels.

    n_bins : int, default=15
        Number of bins, at least 1. They share 0..1 evenly, and a probability on the border of two
        belongs to the lower one. The default is that of [1]_.

    sample_weight : array-like of shape (n_samples,), default=None
        How much each image counts, 0 or more.

    labels : array-like of shape (n_classes,), default=None
        All labels, sorted. None takes those in `y_true`, of which it must then have all.

    Returns
    -------
    error : float
        Between 0, where each bin is right as often as it claims, and 1.

    Raises
    ------
    ValueError
        For arguments that `sklearn.metrics.log_loss` refuses too: lengths that differ,
        probabilities outside 0..1, one label alone, or another number of labels than of columns.

    See Also
    --------
    sklearn.metrics.log_loss : Judges calibration and accuracy in one, without bins.
    sklearn.metrics.brier_score_loss : The same with squares in place of logarithms.
    sklearn.calibration.CalibrationDisplay : Draws the bins, for two classes.
    sklearn.calibration.CalibratedClassifierCV : Brings the error down.

    Notes
    -----
    A small error is no proof of a good classifier: one that always names the commonest class with
    its share among the images has none. So read it beside the accuracy or the log loss. Few images
    in a bin, as with a small test set, make the error larger than it is by chance alone.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017, https://arxiv.org/abs/1706.04599
    .. [2] M. Pakdaman Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated
       probabilities using Bayesian binning", AAAI 2015.

    Examples
    --------
    Two images at 0.9, of which one is wrong, and two at 0.6, both right: the distances are 0.4 and
    0.4.

    >>> from skdigits.metrics import expected_calibration_error
    >>> y_true = ["eight", "eight", "nine", "nine"]
    >>> y_prob = [[0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.4, 0.6]]
    >>> round(expected_calibration_error(y_true, y_prob), 3)
    0.4
    """
    # Only for its checks: both take the same arguments, and refuse them in the same words.
    log_loss(y_true, y_prob, sample_weight=sample_weight, labels=labels)
    y_true = column_or_1d(y_true)
    classes = np.unique(y_true if labels is None else labels)
    y_prob = np.asarray(y_prob, dtype=np.float64).reshape(len(y_true), -1)
    if y_prob.shape[1] == 1:
        y_prob = np.hstack([1 - y_prob, y_prob])

    best = y_prob.argmax(axis=1)
    confidence = y_prob.max(axis=1)
    gaps = (classes[best] == y_true) - confidence
    borders = np.linspace(0, 1, n_bins + 1)[1:-1]
    weights = np.ones(len(y_true)) if sample_weight is None else np.asarray(sample_weight)
    sums = np.bincount(np.searchsorted(borders, confidence), weights=weights * gaps)
    return float(np.abs(sums).sum() / weights.sum())
