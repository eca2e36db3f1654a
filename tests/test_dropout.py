"""Dropout: networks that differ in their rates share a compiled model, and nothing else."""

import numpy as np
import pytest

from skdigits import CNNClassifier, MLPClassifier
from skdigits._tensorflow import keras, tf
from skdigits.datasets import load_digits
from skdigits.training._dropout import DropoutRates
from skdigits.training._layer_calls import replaced_calls

X, y = load_digits(return_X_y=True)
X, y = X[:200], y[:200]
PLAIN = {"batch_norm": False, "augmentation": None, "optimizer": "adam", "random_state": 0}


def mlp(dropout, **params):
    params = {"hidden_layer_sizes": (16, 8), "epochs": 2, **PLAIN, **params}
    return MLPClassifier(dropout=dropout, **params).fit(X, y)


def rates(classifier):
    layers = classifier.model_.layers
    return [layer.rate for layer in layers if layer.name.endswith("_dropout")]


def test_other_rates_need_no_new_model(builds):
    for rate in (0.2, 0.5, 0.3, (0.1, 0.4), (0.3, 0.2)):
        mlp(rate)
    assert len(builds) <= 2


@pytest.mark.parametrize(
    ("others", "rate"),
    [
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in [(0.5, 0.1), ((0, 0.5), (0, 0.2))]
        ),
        ((0.2, 0.5), (0.6, 0.1)),
    ],
)
def test_a_shared_model_gives_the_bits_of_a_new_one(others, rate, monkeypatch):
    mlp(others)
    shared = mlp(rate)
    monkeypatch.setenv("SKDIGITS_POOL_SIZE", "0")
    new = mlp(rate)
    assert shared.history_ == new.history_
    assert np.array_equal(shared.predict_proba(X), new.predict_proba(X))
    assert rates(shared) == rates(new) == [each for each in np.broadcast_to(rate, 2) if each]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_is_dropped_is_what_keras_drops(dtype):
    layer = keras.layers.Dropout(0.4, seed=5, dtype=dtype, name="hidden_dropout")
    model = keras.Sequential([keras.Input((3, 7)), layer])
    model(np.zeros((1, 3, 7), dtype="float32"))
    shared, pixels = DropoutRates(model), tf.random.stateless_normal((20, 3, 7), (1, 2))
    seed = layer.seed_generator.state.numpy()
    for rate in (0.4, 0.75):
        shared.set(rate)
        by_keras = model(pixels, training=True)
        layer.seed_generator.state.assign(seed)
        with replaced_calls(shared.calls):
            ours = model(pixels, training=True)
            unchanged = model(pixels, training=False)
        layer.seed_generator.state.assign(seed)
        assert np.array_equal(ours, by_keras)
        assert abs(float(np.mean(ours == 0)) - rate) < 0.1
        assert np.array_equal(unchanged, model(pixels))


def test_classifiers_with_different_rates_live_side_by_side():
    one, other = mlp(0.2), mlp(0.6)
    assert rates(one) == [0.2, 0.2]
    assert rates(other) == [0.6, 0.6]
    before = one.predict_proba(X)
    other.partial_fit(X, y)
    assert np.array_equal(one.predict_proba(X), before)


def test_going_on_keeps_the_rate():
    mlp(0.6)
    one = mlp(0.2, warm_start=True)
    copy = mlp(0.2, warm_start=True)
    mlp(0.4)
    assert np.array_equal(one.fit(X, y).predict_proba(X), copy.fit(X, y).predict_proba(X))
    with pytest.raises(ValueError, match="another 'dropout'"):
        one.set_params(dropout=0.3).fit(X, y)


def test_cnn_shares_too(builds):
    options = {"filters": (2,), "hidden_layer_sizes": (8,), "epochs": 1, **PLAIN}
    found = [CNNClassifier(dropout=rate, **options).fit(X, y) for rate in (0.1, 0.7)]
    del found
    CNNClassifier(dropout=0.3, **options).fit(X, y)
    assert len(builds) <= 2


def test_an_activation_that_drops_keeps_its_rate():
    for rate in (0.0, 0.2):
        one = mlp(rate, activation=keras.layers.Dropout(0.7))
        assert rates(one) == ([rate, rate] if rate else [])
        layers = [each for each in one.model_.layers if each.name.endswith("_activation")]
        assert [each.rate for each in layers] == [0.7, 0.7]


@pytest.mark.parametrize("bad", [(0.2, 1.0), (-0.1, 0.2), (0.2, float("nan"))])
def test_a_bad_rate_is_an_error_also_when_a_model_is_there(bad):
    mlp((0.2, 0.3))
    with pytest.raises(ValueError, match="rates in"):
        mlp(bad)
