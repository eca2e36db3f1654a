"""Rows that early stopping sets aside."""

import numpy as np
from sklearn.model_selection import train_test_split


def hold_out(rows, codes, fraction, seed):
    """Split rows into rows to train on and rows to measure, stratified by class.

    Parameters
    ----------
    rows : ndarray of int
    codes : ndarray of int
        The class of each of them.
    fraction : float
        Share of the rows to measure.
    seed : int

    Returns
    -------
    train_rows, validation_rows : ndarray of int

    Raises
    ------
    ValueError
        If a class has too few rows.
    """
    try:
        return train_test_split(rows, test_size=fraction, stratify=codes, random_state=seed)
    except ValueError as error:
        raise ValueError(
            f"early_stopping with validation_fraction={fraction} cannot split {len(rows)} samples "
            f"of {len(np.unique(codes))} classes: {error} Use more samples, another fraction, or "
            "validation_fraction=None to stop on the training loss."
        ) from error
