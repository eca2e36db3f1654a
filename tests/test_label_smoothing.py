"""The loss "auto": labels are smoothed until the last quarter of a long one-cycle training."""

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss
from support import MLP_AND_SLOWLY_CNN, assert_same_weights, digits, mlp, tiny, weights

from skdigits import MLPClassifier, NetworkClassifier
from skdigits.datasets import load_digits

X, Y = tiny()
PLAIN = "sparse_categorical_crossentropy"
SMOOTHED = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
LONG = {"epochs": 84, "batch_size": 10}  # 504 steps


class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


FIRST_STEP = {
    "epochs": 500,
    "callbacks": [Stop()],
    "optimizer": "sgd",
    "learning_rate": 1.0,
    "precision": "float32",
}


def assert_close_weights(one, other):
    for left, right in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


def assert_other_weights(one, other):
    assert any(
        np.any(left != right) for left, right in zip(weights(one), weights(other), strict=True)
    )


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize(
    ("weighted", "n_images"),  # 80 are trained on in halves
    [
        (False, 80),
        (True, 50),
        pytest.param(False, 50, marks=pytest.mark.slow),
        pytest.param(True, 80, marks=pytest.mark.slow),
    ],
)
def test_a_step_is_that_of_keras_with_smoothed_labels(make, n_images, weighted):
    images, labels = digits()[0][:n_images], digits()[1][:n_images]
    sample_weight = np.linspace(0, 2, n_images) if weighted else None
    auto, smoothed, plain = (
        make(**FIRST_STEP, batch_size=n_images, loss=loss).fit(images, labels, sample_weight)
        for loss in ("auto", SMOOTHED, PLAIN)
    )
    assert_close_weights(auto, smoothed)
    with pytest.raises(AssertionError):
        assert_close_weights(auto, plain)
    assert auto.history_["loss"] == pytest.approx(plain.history_["loss"], rel=1e-6)


def of_bfloat16(shape, n_classes):
    layers = keras.layers
    inputs = keras.Input(shape)
    x = layers.Flatten()(inputs)
    return keras.Model(inputs, layers.Dense(n_classes, "softmax", dtype="bfloat16")(x))


@pytest.mark.parametrize(
    "make",
    [
        lambda **parameters: mlp(output_activation="sigmoid", **parameters),
        lambda **parameters: NetworkClassifier(of_bfloat16, random_state=0, **parameters),
    ],
    ids=["sigmoids", "bfloat16"],
)
def test_other_outputs_are_smoothed_as_keras_does(make):
    auto, smoothed, plain = (
        make(**FIRST_STEP | {"learning_rate": 0.1}, batch_size=60, loss=loss).fit(X, Y)
        for loss in ("auto", SMOOTHED, PLAIN)
    )
    for one, other in zip(weights(auto), weights(smoothed), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-2, atol=1e-3)
    assert_other_weights(auto, plain)


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_the_last_quarter_has_the_labels_as_they_are(make):
    """Of 500 steps, the 375th is Keras's with smoothing, the next is Keras's without it."""
    seen = {}

    class Seen(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if 373 <= epoch <= 375:
                rate = float(self.model.optimizer.learning_rate)
                seen[epoch] = rate, [np.array(weight) for weight in self.model.get_weights()]

    parameters = {**FIRST_STEP, "batch_size": len(Y), "learning_rate": 0.1}
    fitted = make(**parameters | {"callbacks": [Seen()]}).fit(X, Y)
    model = keras.models.clone_model(fitted.model_)
    for number, loss in (374, SMOOTHED), (375, PLAIN):
        model.set_weights(seen[number - 1][1])
        model.compile(keras.optimizers.SGD(seen[number][0]), loss, run_eagerly=True)
        targets = Y if loss == PLAIN else np.eye(3)[Y]
        model.train_on_batch(X[..., None].astype(np.float32), targets)
        for one, other in zip(model.get_weights(), seen[number][1], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


class EachBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        """Nothing, after each step."""


def test_it_may_end_within_an_epoch():
    """Also where one call takes all steps of an epoch."""
    parameters = {**FIRST_STEP, "epochs": 9, "batch_size": 1, "callbacks": None}
    one = mlp(**parameters).fit(X, Y)
    other = mlp(**parameters | {"callbacks": [EachBatch()]}).fit(X, Y)
    assert_same_weights(*map(weights, (one, other)))


def test_a_scaled_loss_gives_the_same_steps():
    optimizers = [keras.optimizers.SGD(0.1, loss_scale_factor=scale) for scale in (None, 64.0)]
    parameters = {**FIRST_STEP, "batch_size": len(Y)}
    one, other = (mlp(**parameters | {"optimizer": each}).fit(X, Y) for each in optimizers)
    assert_same_weights(*map(weights, (one, other)))


WITHOUT = {
    "constant": {"learning_rate_schedule": "constant"},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 100},
    "Keras's early stopping": {"callbacks": [keras.callbacks.EarlyStopping("loss", patience=100)]},
    "outputs that are no softmax": {"output_activation": "softplus"},
    "498 steps": {"epochs": 83},
}


@pytest.mark.parametrize("name", WITHOUT)
def test_labels_stay_as_they_are(name):
    auto, plain = (mlp(**LONG | WITHOUT[name], loss=loss).fit(X, Y) for loss in ("auto", PLAIN))
    assert_same_weights(*map(weights, (auto, plain)))


def test_labels_are_smoothed_in_500_steps():
    auto, plain = (mlp(**LONG, loss=loss).fit(X, Y) for loss in ("auto", PLAIN))
    assert_other_weights(auto, plain)


def test_parts_have_the_labels_as_they_are():
    """Also in a part of 540 steps."""
    images, labels = np.repeat(X, 9, axis=0), np.repeat(Y, 9)
    auto, plain = (
        mlp(batch_size=1, loss=loss).partial_fit(images, labels) for loss in ("auto", PLAIN)
    )
    assert_same_weights(*map(weights, (auto, plain)))


@pytest.mark.slow
def test_the_probabilities_are_better_than_with_smoothing_to_the_end():
    images, labels = load_digits(return_X_y=True)
    test_images, test_labels = load_digits(subset="test", return_X_y=True)
    network = {"hidden_layer_sizes": (64,), "random_state": 0}
    fits = [MLPClassifier(loss=loss, **network) for loss in ("auto", SMOOTHED)]
    auto, smoothed = (
        log_loss(test_labels, fit.fit(images[:400], labels[:400]).predict_proba(test_images))
        for fit in fits
    )
    assert auto < 0.9 * smoothed


def test_a_training_goes_on_with_the_loss_by_name():
    begun = mlp(warm_start=True).fit(X, Y)
    assert begun.set_params(loss=PLAIN).fit(X, Y).n_iter_ == 4
