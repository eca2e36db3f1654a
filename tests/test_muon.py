"""The optimizer "auto": Muon for the kernels of hidden layers, Adam for all other weights."""

import inspect
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss
from support import MLP_AND_SLOWLY_CNN, cnn, digits, mlp, tiny

from skdigits import CNNClassifier, MLPClassifier, NetworkClassifier
from skdigits.datasets import load_digits
from skdigits.persistence import load, save
from skdigits.training._muon import Muon

STEP = {
    "epochs": 1,
    "batch_size": 200,
    "learning_rate_schedule": "constant",
    "optimizer": "auto",
    "precision": "float32",
}
RATES = 0.01, 0.03


def first_updates(make, **parameters):
    """Return the first update of each weight, divided by the learning rate, by the weight's name.

    The two fits begin with the same weights and so have the same gradients.
    """

    def weights(rate):
        fitted = make(**STEP | parameters, learning_rate=rate).fit(*digits())
        variables = fitted.model_.trainable_variables
        return {each.path: each.numpy().astype(float) for each in variables}

    first, second = map(weights, RATES)  # the first network is free when the second fit begins
    return {
        path: (one - other) / (RATES[1] - RATES[0])
        for (path, one), other in zip(first.items(), second.values(), strict=True)
    }


def kernels_of(updates):
    return [update for name, update in updates.items() if name.endswith("kernel")]


def muons(gradient):
    """Return Muon's update by the definition: a function of the singular values."""
    matrix = gradient.reshape(-1, gradient.shape[-1])
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    values /= np.linalg.norm(values)
    for _ in range(3):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    update = (left * values) @ right
    return update.reshape(gradient.shape) * 0.2 * np.sqrt(max(matrix.shape))


class TestAStep:
    @pytest.mark.parametrize(
        ("make", "options"),
        [
            (cnn, {"filters": (6, 8), "hidden_layer_sizes": (20, 12)}),
            pytest.param(mlp, {"activation": "tanh"}, marks=pytest.mark.slow),
        ],
    )
    def test_hidden_kernels_get_muons_update(self, make, options):
        """With SGD the first update is the gradient."""
        *gradients, _ = kernels_of(first_updates(make, **options, optimizer="sgd"))
        *updates, _ = kernels_of(first_updates(make, **options))
        for gradient, update in zip(gradients, updates, strict=True):
            np.testing.assert_allclose(update, muons(gradient), atol=2e-3 * np.abs(update).max())

    def test_wide_kernels_do_in_groups_of_outputs(self):
        options = {"hidden_layer_sizes": (150, 100), "activation": "tanh"}
        gradient = kernels_of(first_updates(mlp, **options, optimizer="sgd"))[1]
        update = kernels_of(first_updates(mlp, **options))[1]
        halves = [muons(gradient[:, :50]), muons(gradient[:, 50:])]
        assert gradient.shape == (150, 100)
        np.testing.assert_allclose(update, np.hstack(halves), atol=2e-3 * np.abs(update).max())

    def test_other_weights_get_adams_update(self):
        options = {"hidden_layer_sizes": (10,), "batch_norm": True}
        auto, adam = (first_updates(mlp, **options, optimizer=name) for name in ("auto", "adam"))
        (hidden, *others), (_, *expected) = auto.values(), adam.values()
        assert hidden.shape == (784, 10)
        assert len(others) == 5  # bias, gamma, beta, and kernel and bias of the output
        for one, other in zip(others, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)

    def test_weight_decay_is_that_of_other_optimizers(self):
        def kernels(**parameters):
            model = mlp(**STEP, **parameters).fit(*digits()).model_
            return [model.get_layer(name).kernel.numpy() for name in ("hidden_1", "probabilities")]

        start = kernels(learning_rate=1e-12)
        without, decayed = (
            kernels(learning_rate=0.01, weight_decay=decay) for decay in (None, 0.5)
        )
        for plain, smaller, before in zip(without, decayed, start, strict=True):
            np.testing.assert_allclose(plain - smaller, 0.005 * before, atol=1e-6)


def test_the_momentum_is_nesterovs():
    kernel = keras.Variable(np.zeros((6, 4), np.float32))
    optimizer = Muon(0.01)
    optimizer.kernels = {id(kernel)}
    optimizer.build([kernel])
    gradients = np.random.default_rng(0).normal(size=(2, 6, 4)).astype(np.float32)
    for gradient in gradients:
        before = kernel.numpy()
        optimizer.apply([gradient], [kernel])
    expected = muons(gradients[1] + 0.95 * (0.95 * gradients[0] + gradients[1]))
    np.testing.assert_allclose((before - kernel.numpy()) / 0.01, expected, atol=1e-3)


def test_it_is_the_default():
    for kind in (MLPClassifier, CNNClassifier):
        assert inspect.signature(kind).parameters["optimizer"].default == "auto"


@pytest.mark.slow
def test_it_learns_more_than_adam():
    X, y = load_digits(return_X_y=True)
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    losses = []
    for parameters in ({}, {"optimizer": "adam"}):
        fits = [MLPClassifier(epochs=4, random_state=seed, **parameters) for seed in range(2)]
        found = [fit.fit(X, y).predict_proba(X_test) for fit in fits]
        losses.append(np.mean([log_loss(y_test, each) for each in found]))
    assert losses[0] < losses[1]


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_it_goes_on_where_it_was(make, tmp_path):
    """A training that continues from a file gives the bits of one that was not interrupted."""
    X, y = digits()
    parameters = {"optimizer": "auto", "warm_start": True, "learning_rate_schedule": "constant"}
    whole = make(**parameters).fit(X, y)
    save(whole, tmp_path / "half.skd")
    half = load(tmp_path / "half.skd")
    np.testing.assert_array_equal(half.fit(X, y).predict_proba(X), whole.fit(X, y).predict_proba(X))


@pytest.mark.parametrize("names", [("auto", "adam"), ("adam", "auto")])
def test_a_training_goes_on_by_adam_and_back(names):
    X, y = digits()
    begun = mlp(optimizer=names[0], warm_start=True).fit(X, y)
    kept = begun.predict_proba(X)
    with pytest.raises(ValueError, match="finite"):
        begun.set_params(optimizer=names[1], learning_rate=1e30).partial_fit(X, y)
    np.testing.assert_array_equal(begun.predict_proba(X), kept)
    for name in (*names, names[0]):
        begun.set_params(optimizer=name, learning_rate=0.003).fit(X, y)
    assert (np.diff(begun.history_["loss"]) < 0).all()  # no step is out of all proportion
    with pytest.raises(ValueError, match="another 'optimizer'"):
        begun.set_params(optimizer="sgd").fit(X, y)


def test_the_output_layer_of_a_network_in_a_network_learns_by_adam():
    def build(input_shape, n_classes):
        layers = keras.layers
        outputs = layers.Dense(n_classes, activation="softmax", name="outputs")
        head = keras.Sequential([layers.Flatten(), layers.Dense(5, name="hidden"), outputs])
        return keras.Sequential([keras.Input(input_shape), layers.Conv2D(2, 3, name="first"), head])

    def make(**parameters):
        return NetworkClassifier(build, random_state=0, augmentation=None, **parameters)

    auto, adam = (first_updates(make, optimizer=name) for name in ("auto", "adam"))
    for name in auto:
        learns_by_adam = np.allclose(auto[name], adam[name], atol=1e-5)
        assert learns_by_adam == ("outputs" in name or "bias" in name)


@pytest.mark.slow
def test_networks_of_ones_own():
    """Layers of other kinds learn by Adam, frozen ones not at all; constraints hold."""

    def build(input_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(input_shape),
                keras.layers.Flatten(),
                keras.layers.Embedding(256, 3),
                keras.layers.LSTM(5),
                keras.layers.Dense(6, name="frozen", trainable=False),
                keras.layers.Dense(7, kernel_constraint="non_neg", name="constrained"),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    learns = {"frozen": False, "constrained": True, "lstm": True}

    def kernels(epochs):
        settings = {"random_state": 0, "augmentation": None, "standardize": False}
        classifier = NetworkClassifier(build, optimizer="auto", epochs=epochs, **settings)
        model = classifier.fit(*tiny()).model_
        assert np.isfinite(classifier.history_["loss"]).all()
        return {name: model.get_layer(name).get_weights()[0] for name in learns}

    short, long = kernels(1), kernels(3)
    assert (short["constrained"] >= 0).all()
    for name in learns:
        assert np.array_equal(short[name], long[name]) != learns[name]


@pytest.mark.filterwarnings("error:Skipping variable")
def test_a_model_that_leaves_goes_on_in_keras(tmp_path):
    X, y = digits()
    fitted = mlp(optimizer="auto", epochs=10, learning_rate_schedule="constant").fit(X, y)
    fitted.model_.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    assert type(model.optimizer) is keras.optimizers.Adam  # which needs no skdigits
    losses = model.fit(X.astype(np.float32), y, epochs=2, batch_size=64, verbose=0).history["loss"]
    assert max(losses) < 1  # with the moments of Muon: 600


def test_a_model_that_leaves_in_a_training_goes_on_in_keras(tmp_path):
    X, y = digits()
    saves = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
    parameters = {"epochs": 10, "learning_rate_schedule": "constant", "callbacks": [saves]}
    mlp(optimizer="auto", **parameters).fit(X, y)
    model = keras.models.load_model(tmp_path / "model.keras")
    losses = model.fit(X.astype(np.float32), y, epochs=2, batch_size=64, verbose=0).history["loss"]
    assert max(losses) < 1


@pytest.mark.slow
def test_a_model_that_leaves_loads_without_skdigits(tmp_path):
    model = mlp(optimizer="auto").fit(*digits()).model_
    model.save(tmp_path / "model.keras")
    code = "import warnings; warnings.filterwarnings('error', message='Skipping variable'); "
    code += f"import keras; m = keras.models.load_model({str(tmp_path / 'model.keras')!r}); "
    code += "import sys; assert 'skdigits' not in sys.modules; print(type(m.optimizer).__name__)"
    # Where tests act as on another processor, this folder imports skdigits.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "Adam"


@pytest.mark.parametrize("parameter", ["optimizer", "loss"])
def test_the_error_for_another_name_names_auto(parameter):
    with pytest.raises(ValueError, match=f"{parameter}.*'auto', or a name.*'foo'"):
        mlp(**{parameter: "foo"}).fit(*tiny())
