"""scikit-learn's calibration around the classifiers, and what it does for a network too sure."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from support import cnn, mlp, slow_but, tiny

from skdigits.datasets import load_digits
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error
from skdigits.preprocessing import ImageReshaper, PixelScaler

METHODS = ["sigmoid", "isotonic", "temperature"]
KINDS = {
    "mlp": mlp,
    "cnn": cnn,
    "average": lambda: AveragingClassifier(mlp(), n_estimators=2, random_state=0),
    "pipeline": lambda: make_pipeline(ImageReshaper(), PixelScaler(), mlp()),
    "pipeline of an average": lambda: make_pipeline(
        PixelScaler(), AveragingClassifier(mlp(), n_estimators=2, random_state=0)
    ),
}


@pytest.mark.parametrize("dimensions", slow_but(["2-D", "3-D"], "3-D"))
@pytest.mark.parametrize("kind", slow_but(KINDS, "pipeline of an average"))
def test_it_fits_and_predicts_around_every_classifier(kind, dimensions):
    X, y = tiny(shape=(36,) if dimensions == "2-D" else (6, 6))
    names = np.array(["bag", "coat", "shirt"])[y]
    calibrated = CalibratedClassifierCV(KINDS[kind](), method="temperature", cv=2)
    probabilities = calibrated.fit(X, names).predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert calibrated.classes_.tolist() == ["bag", "coat", "shirt"]
    np.testing.assert_array_equal(
        calibrated.predict(X), calibrated.classes_[probabilities.argmax(axis=1)]
    )


@pytest.mark.parametrize("ensemble", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_fits_with_folds(method, ensemble):
    X, y = tiny()
    calibrated = CalibratedClassifierCV(mlp(), method=method, cv=2, ensemble=ensemble).fit(X, y)
    assert len(calibrated.calibrated_classifiers_) == (2 if ensemble else 1)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


@pytest.fixture(scope="module")
def too_sure():
    """Return an overfitted network, images to calibrate it with, and images to judge it by."""
    X, y = load_digits(return_X_y=True)
    network = mlp(hidden_layer_sizes=(64,), epochs=60, learning_rate=0.003, dropout=0)
    network.fit(X[:300], y[:300])
    assert network.score(X[:300], y[:300]) == 1
    return network, (X[300:800], y[300:800]), load_digits(subset="test", return_X_y=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_frozen_network_is_calibrated_and_not_trained_again(too_sure, method):
    network, others, (X_test, _) = too_sure
    before = network.predict_proba(X_test)
    calibrated = CalibratedClassifierCV(FrozenEstimator(network), method=method).fit(*others)
    assert len(calibrated.calibrated_classifiers_) == 1
    np.testing.assert_array_equal(network.predict_proba(X_test), before)
    assert not np.array_equal(calibrated.predict_proba(X_test), before)


def test_a_temperature_makes_an_overfitted_network_honest(too_sure):
    network, others, (X_test, y_test) = too_sure
    calibrated = CalibratedClassifierCV(FrozenEstimator(network), method="temperature").fit(*others)
    before, after = network.predict_proba(X_test), calibrated.predict_proba(X_test)
    assert log_loss(y_test, after) < log_loss(y_test, before)
    errors = [expected_calibration_error(y_test, p) for p in (before, after)]
    assert errors[1] <= errors[0]
    # One temperature for all images changes how sure the network is, never what it answers.
    np.testing.assert_array_equal(calibrated.predict(X_test), network.predict(X_test))


@pytest.mark.parametrize("kind", ["mlp", "average"])
def test_sample_weights_reach_the_classifier(kind):
    X, y = tiny()
    weights = (y != 0).astype(float)
    calibrated = CalibratedClassifierCV(KINDS[kind](), method="temperature", cv=2, ensemble=False)
    (pair,) = calibrated.fit(X, y, sample_weight=weights).calibrated_classifiers_
    expected = KINDS[kind]().fit(X, y, weights).predict_proba(X)
    np.testing.assert_array_equal(pair.estimator.predict_proba(X), expected)


def test_images_of_four_dimensions_too():
    X, y = tiny(shape=(6, 6, 2))
    calibrated = CalibratedClassifierCV(cnn(epochs=1), method="temperature", cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (60, 3)
