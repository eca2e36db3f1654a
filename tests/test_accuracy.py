"""The defaults reach their promised accuracy on MNIST, trained on all of it: minutes long."""

import pytest

from skdigits import CNNClassifier, MLPClassifier
from skdigits.datasets import fetch_mnist


@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "least"),
    [(MLPClassifier(random_state=0), 0.975), (CNNClassifier(random_state=0), 0.99)],
    ids=["mlp", "cnn"],
)
def test_defaults_on_mnist(estimator, least, data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    X, y = fetch_mnist(return_X_y=True)
    assert len(X) == 60_000
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    assert estimator.fit(X, y).score(X_test, y_test) >= least


@pytest.mark.slow
def test_an_mlp_on_mnist_as_rows_of_raw_pixels(data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    estimator = MLPClassifier(random_state=0).fit(X.reshape(len(X), -1), y)
    assert estimator.image_shape_ == (784,)
    assert estimator.score(X_test.reshape(len(X_test), -1), y_test) >= 0.983
