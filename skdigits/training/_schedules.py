"""Learning rates over the steps of a training."""

import numpy as np

WARM_UP = 0.23

SMOOTHING = 0.1  # share of a label that all classes get alike
UNSMOOTHED_END = 0.25  # share of a training
LEAST_SMOOTHED = 500  # steps of a training

# A step of fewer images gets a lower rate.
STEADY = 8


def one_cycle(peak, n_steps, steps):
    """Return the learning rates of some steps of a one-cycle schedule.

    The rate rises linearly from a tenth of its peak over the first 23 % of the steps, and falls
    linearly to nearly zero over the rest. Short trainings of small networks reach a higher accuracy
    with it than with a constant rate.

    Parameters
    ----------
    peak : float
        The highest rate.

    n_steps : int
        Number of optimizer steps of the whole training.

    steps : ndarray of int
        Numbers of the steps, from 0.

    Returns
    -------
    ndarray of float32
        The rate of each of `steps`.

    References
    ----------
    L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks using
    large learning rates", 2018, https://arxiv.org/abs/1708.07120

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.training._schedules import one_cycle
    >>> [round(float(rate), 2) for rate in one_cycle(1.0, 5, np.arange(5))]
    [0.49, 0.91, 0.65, 0.39, 0.13]
    """
    position = (steps + 0.5) / n_steps
    return (peak * np.interp(position, [0.0, WARM_UP, 1.0], [0.1, 1.0, 0.0])).astype(np.float32)


def label_smoothing(n_steps, steps):
    """Return how much some steps of a one-cycle training smooth the labels.

    Smoothed labels [1]_ let a network generalise better, but its probabilities are too even. The
    last quarter of the training has the labels as they are, which makes the probabilities right
    and keeps what was gained. In trainings of fewer than 500 steps the last quarter is too short
    for that, so they have no smoothed labels.

    Parameters
    ----------
    n_steps : int
        Number of optimizer steps of the whole training.

    steps : ndarray of int
        Numbers of the steps, from 0.

    Returns
    -------
    ndarray of float32
        For each of `steps`, the share of a label that all classes get alike.

    References
    ----------
    .. [1] C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015,
       https://arxiv.org/abs/1512.00567

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.training._schedules import label_smoothing
    >>> label_smoothing(500, np.array([0, 374, 375, 499])).round(1).tolist()
    [0.10000000149011612, 0.10000000149011612, 0.0, 0.0]
    """
    is_long = n_steps >= LEAST_SMOOTHED
    are_smoothed = is_long & ((steps + 0.5) / n_steps < 1 - UNSMOOTHED_END)
    return np.where(are_smoothed, SMOOTHING, 0.0).astype(np.float32)


def steadied(rates, sizes):
    """Return learning rates that are lowered in proportion for steps of fewer than 8 images.

    A step on one image follows the details of that image. At the full rate, the default CNN learned
    nothing from single digits.

    Parameters
    ----------
    rates : ndarray of float32
    sizes : ndarray of int
        Images of each step.

    Returns
    -------
    ndarray of float32
    """
    return rates * np.minimum(sizes / STEADY, 1).astype(np.float32)
