"""The expected calibration error, beside hand calculations and its definition."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import make_scorer
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB

from skdigits.datasets import load_digits
from skdigits.metrics import expected_calibration_error


def test_a_calculation_by_hand():
    y_true = ["a", "a", "b", "c", "c", "a"]
    y_prob = [
        [0.70, 0.20, 0.10],  # right at 0.70
        [0.15, 0.80, 0.05],  # wrong at 0.80
        [0.10, 0.75, 0.15],  # right at 0.75
        [0.50, 0.30, 0.20],  # wrong at 0.50
        [0.25, 0.30, 0.45],  # right at 0.45
        [1.00, 0.00, 0.00],  # right at 1.00
    ]
    # Of five bins, (0.4, 0.6] holds two images: 1 right of 0.95 expected. (0.6, 0.8] holds three:
    # 2 right of 2.25 expected. (0.8, 1] holds one, as sure as right.
    expected = (abs(1 - 0.95) + abs(2 - 2.25) + 0) / 6
    assert expected_calibration_error(y_true, y_prob, n_bins=5) == pytest.approx(expected)
    # One bin: 4 right of 4.2 expected.
    assert expected_calibration_error(y_true, y_prob, n_bins=1) == pytest.approx(0.2 / 6)


def test_a_probability_on_a_border_belongs_to_the_lower_bin():
    y_prob = [[0.5, 0.5], [0.4, 0.6]]  # right at 0.5, wrong at 0.6
    assert expected_calibration_error([0, 0], y_prob, n_bins=2, labels=[0, 1]) == pytest.approx(
        (0.5 + 0.6) / 2
    )


def test_sure_and_right_is_zero_and_sure_and_wrong_is_one():
    y_prob = np.eye(3)[[0, 1, 2, 2]]
    assert expected_calibration_error([0, 1, 2, 2], y_prob) == 0
    assert expected_calibration_error([1, 2, 0, 0], y_prob) == 1


def definition(y_true, y_prob, n_bins, weights):
    """Return the error as its definition reads, bin by bin."""
    confidence, right = y_prob.max(axis=1), y_prob.argmax(axis=1) == y_true
    borders = np.linspace(0, 1, n_bins + 1)
    borders[0] = -1
    error = 0.0
    for low, high in pairwise(borders):
        inside = (confidence > low) & (confidence <= high)
        share = weights[inside].sum() / weights.sum()
        if share:
            accuracy = np.average(right[inside], weights=weights[inside])
            error += share * abs(accuracy - np.average(confidence[inside], weights=weights[inside]))
    return error


@st.composite
def predictions(draw):
    n_samples, n_classes = draw(st.integers(1, 30)), draw(st.integers(2, 5))
    raw = draw(hnp.arrays(float, (n_samples, n_classes), elements=st.floats(0.01, 1)))
    y_true = draw(hnp.arrays(int, n_samples, elements=st.integers(0, n_classes - 1)))
    weights = draw(hnp.arrays(int, n_samples, elements=st.integers(1, 4)))
    return y_true, raw / raw.sum(axis=1, keepdims=True), weights, np.arange(n_classes)


@given(predictions(), st.integers(1, 20))
def test_it_is_what_the_definition_says(data, n_bins):
    y_true, y_prob, weights, labels = data
    error = expected_calibration_error(
        y_true, y_prob, n_bins=n_bins, sample_weight=weights, labels=labels
    )
    assert error == pytest.approx(definition(y_true, y_prob, n_bins, weights), abs=1e-9)
    assert 0 <= error <= 1


@given(predictions())
def test_a_weight_of_two_is_the_same_image_twice(data):
    y_true, y_prob, weights, labels = data
    weighted = expected_calibration_error(y_true, y_prob, sample_weight=weights, labels=labels)
    repeated = expected_calibration_error(
        np.repeat(y_true, weights), np.repeat(y_prob, weights, axis=0), labels=labels
    )
    assert weighted == pytest.approx(repeated, abs=1e-9)


@given(predictions())
def test_neither_the_order_of_images_nor_what_labels_are_called_counts(data):
    y_true, y_prob, _, labels = data
    error = expected_calibration_error(y_true, y_prob, labels=labels)
    turned = expected_calibration_error(y_true[::-1], y_prob[::-1], labels=labels)
    assert turned == pytest.approx(error, abs=1e-9)
    names = np.array(["five", "four", "one", "three", "two"])  # sorted
    named = expected_calibration_error(names[y_true], y_prob, labels=names[labels])
    assert named == error


def test_containers_of_all_kinds_and_two_classes_in_one_column():
    y_true, positive = [0, 1, 1, 0], [0.2, 0.9, 0.4, 0.1]
    both = np.column_stack([np.subtract(1, positive), positive])
    error = expected_calibration_error(y_true, both)
    assert expected_calibration_error(y_true, positive) == pytest.approx(error)
    frame, series = pd.DataFrame(both), pd.Series(y_true, index=[9, 8, 7, 6])
    assert expected_calibration_error(series, frame) == pytest.approx(error)
    half = both.astype(np.float32)
    assert expected_calibration_error(y_true, half) == pytest.approx(error, abs=1e-6)


HALVES = [[0.5, 0.5], [0.5, 0.5]]
BAD = {
    "lengths": ([0, 1, 1], HALVES, {}, "inconsistent numbers of samples"),
    "above one": ([0, 1], [[0.5, 1.5], [0.5, 0.5]], {}, "from 0 to 1; it holds 1.5"),
    "below zero": ([0, 1], [[-0.5, 0.5], [0.5, 0.5]], {}, "from 0 to 1; it holds -0.5"),
    "not a number": ([0, 1], [[np.nan, 0.5], [0.5, 0.5]], {}, "y_prob contains NaN"),
    "one label": ([1, 1], HALVES, {}, r"got \[1\]. Give all of them as labels"),
    "one label given": ([1, 1], HALVES, {"labels": [1]}, r"got \[1\]"),
    "columns": (
        [0, 1],
        [[0.2, 0.3, 0.5], [0.5, 0.2, 0.3]],
        {},
        r"3 columns for 2 labels, \[0, 1\]. Give all of them as labels",
    ),
    "a missing number": ([1.0, np.nan], HALVES, {}, "y_true contains NaN or None, for 1 of 2"),
    "a missing text": (["a", None], HALVES, {}, "y_true contains NaN or None, for 1 of 2"),
    "unknown label": ([0, 2], HALVES, {"labels": [0, 1]}, "y_true holds 2"),
    "unsorted labels": ([0, 1], HALVES, {"labels": [1, 0]}, r"sorted and differ, as in \[0, 1\]"),
    "lengths of weights": ([0, 1], HALVES, {"sample_weight": [1]}, "inconsistent numbers"),
    "a negative weight": ([0, 1], HALVES, {"sample_weight": [1, -1]}, "weights of 0 or more"),
    "no weight": ([0, 1], HALVES, {"sample_weight": [0, 0]}, "not only zeros"),
    "a weight that is no number": ([0, 1], HALVES, {"sample_weight": [1, np.nan]}, "NaN"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_arguments_are_refused_by_name(case):
    y_true, y_prob, options, message = case
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(y_true, y_prob, **options)


def test_rows_that_do_not_sum_to_one_are_warned_of():
    with pytest.warns(UserWarning, match="do not sum to one"):
        expected_calibration_error([0, 1], [[0.5, 0.2], [0.1, 0.9]])


@pytest.mark.parametrize("n_bins", [0, -1, 2.5, None])
def test_a_number_of_bins_that_is_none_is_refused(n_bins):
    with pytest.raises(ValueError, match="'n_bins' parameter"):
        expected_calibration_error([0, 1], [[0.5, 0.5], [0.5, 0.5]], n_bins=n_bins)


def test_labels_of_an_indicator_matrix_are_refused():
    with pytest.raises(ValueError, match="1d array"):
        expected_calibration_error(np.eye(2), np.eye(2))


def test_it_scores_in_a_cross_validation():
    X, y = load_digits(return_X_y=True)
    X, y = X[:300].reshape(300, -1), y[:300]
    scorer = make_scorer(
        expected_calibration_error,
        response_method="predict_proba",
        greater_is_better=False,
        labels=np.unique(y),
    )
    scores = cross_val_score(GaussianNB(var_smoothing=0.1), X, y, cv=3, scoring=scorer)
    assert (scores < 0).all()
