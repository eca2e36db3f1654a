"""test_time_averaging: probabilities are means over views of each image."""

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss
from support import cnn, digits, mlp, tiny

from skdigits import CNNClassifier
from skdigits.datasets import load_digits


def by_hand(estimator, X, down, across, mirrored):
    """Return the mean over the views, made by padding with the border and cutting out."""
    rest = [(0, 0)] * (X.ndim - 3)
    wide = np.pad(X, [(0, 0), (down, down), (across, across), *rest], mode="edge")
    height, width = X.shape[1:3]
    corners = {(down, across), (0, across), (2 * down, across), (down, 0), (down, 2 * across)}
    views = [wide[:, top : top + height, left : left + width] for top, left in corners]
    if mirrored:
        views += [view[:, :, ::-1] for view in views]
    plain = estimator.set_params(test_time_averaging=False)
    return np.mean([plain.predict_proba(view) for view in views], axis=0)


@pytest.mark.parametrize(
    ("make", "augmentation", "mirrored"),
    [
        pytest.param(mlp, "auto", False, marks=pytest.mark.slow),
        (mlp, "shift", False),
        pytest.param(mlp, "elastic", False, marks=pytest.mark.slow),
        (mlp, ["erase", "affine", "flip"], True),
        pytest.param(cnn, ["erase", "affine", "flip"], True, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    ("shape", "down", "across"),
    [
        pytest.param((28, 20), 1, 1, marks=pytest.mark.slow),
        ((16, 40, 3), 1, 2),
        pytest.param((8, 30), 0, 1, marks=pytest.mark.slow),
    ],
)
def test_images_are_moved_as_in_training_and_mirrored(
    make, augmentation, mirrored, shape, down, across
):
    X, y = tiny(shape=shape)
    estimator = make(augmentation=augmentation, epochs=1).fit(X, y)
    averaged = estimator.set_params(test_time_averaging=True).predict_proba(X)
    expected = by_hand(estimator, X, down, across, mirrored)
    np.testing.assert_allclose(averaged, expected, atol=1e-6)
    assert np.abs(averaged - estimator.predict_proba(X)).max() > 1e-3


@pytest.mark.parametrize(
    ("augmentation", "shape"),
    [
        pytest.param(None, (28, 28), marks=pytest.mark.slow),
        ("erase", (28, 28)),
        pytest.param(keras.layers.RandomFlip(), (28, 28), marks=pytest.mark.slow),
        ("shift", (8, 8)),
    ],
)
def test_what_training_does_not_move_has_one_view(augmentation, shape):
    X, y = tiny(shape=shape)
    estimator = cnn(augmentation=augmentation, epochs=1, test_time_averaging=True).fit(X, y)
    averaged = estimator.predict_proba(X)
    plain = estimator.set_params(test_time_averaging=False)
    np.testing.assert_array_equal(averaged, plain.predict_proba(X))


def test_columns_that_are_no_image_have_one_view():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 30)).astype(np.float32), np.arange(40) % 2
    estimator = mlp(augmentation="auto", test_time_averaging=True).fit(X, y)
    averaged = estimator.predict_proba(X)
    estimator.set_params(test_time_averaging=False)
    np.testing.assert_array_equal(averaged, estimator.predict_proba(X))


@pytest.mark.precision
def test_training_is_the_same_and_sigmoids_are_averaged_as_probabilities():
    X, y = digits()
    settings = {"augmentation": "shift", "output_activation": "sigmoid", "loss": "mse"}
    averaging = cnn(test_time_averaging=True, **settings).fit(X, y)
    plain = cnn(**settings).fit(X, y)
    assert averaging.history_ == plain.history_
    probabilities = averaging.predict_proba(X[:50])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    images = X[:50].reshape(-1, 28, 28)
    np.testing.assert_allclose(probabilities, by_hand(plain, images, 1, 1, False), atol=1e-6)
    assert (averaging.predict(X[:50]) == plain.classes_[probabilities.argmax(axis=1)]).all()


@pytest.mark.slow
def test_probabilities_of_digits_become_better():
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    estimator = CNNClassifier(epochs=(1, 60), random_state=0).fit(*digits())
    plain = log_loss(y_test, estimator.predict_proba(X_test))
    estimator.set_params(test_time_averaging=True)
    assert log_loss(y_test, estimator.predict_proba(X_test)) < plain
