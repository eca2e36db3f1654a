"""The loss "auto": labels are smoothed until the last quarter of a one-cycle training."""

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss
from support import BOTH, assert_same_weights, digits, mlp, tiny, weights

from skdigits import MLPClassifier
from skdigits.datasets import load_digits

X, Y = tiny()
PLAIN = "sparse_categorical_crossentropy"
SMOOTHED = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
ONE_STEP = {"epochs": 1, "optimizer": "sgd", "learning_rate": 1.0, "precision": "float32"}


def assert_close_weights(one, other):
    for left, right in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("n_images", [50, 80])  # 80 are trained on in halves
@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_is_that_of_keras_with_smoothed_labels(make, n_images, weighted):
    images, labels = digits()[0][:n_images], digits()[1][:n_images]
    sample_weight = np.linspace(0, 2, n_images) if weighted else None
    auto, smoothed, plain = (
        make(**ONE_STEP, batch_size=n_images, loss=loss).fit(images, labels, sample_weight)
        for loss in ("auto", SMOOTHED, PLAIN)
    )
    assert_close_weights(auto, smoothed)
    with pytest.raises(AssertionError):
        assert_close_weights(auto, plain)
    assert auto.history_["loss"] == pytest.approx(plain.history_["loss"], rel=1e-6)


def test_sigmoids_are_smoothed_as_the_softmax_of_their_inputs():
    parameters = {**ONE_STEP, "batch_size": 60, "output_activation": "sigmoid"}
    assert_close_weights(mlp(**parameters).fit(X, Y), mlp(**parameters, loss=SMOOTHED).fit(X, Y))


@pytest.mark.parametrize("make", BOTH)
def test_the_last_quarter_has_the_labels_as_they_are(make):
    """Of four steps, the fourth is Keras's without smoothing, from where the third ended."""
    seen = []

    class Seen(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rate = float(self.model.optimizer.learning_rate)
            seen.append((rate, [np.array(weight) for weight in self.model.get_weights()]))

    parameters = {**ONE_STEP, "epochs": 4, "batch_size": len(Y), "learning_rate": 0.1}
    fitted = make(**parameters, callbacks=[Seen()]).fit(X, Y)
    model = keras.models.clone_model(fitted.model_)
    for number, loss in (2, SMOOTHED), (3, PLAIN):
        model.set_weights(seen[number - 1][1])
        model.compile(keras.optimizers.SGD(seen[number][0]), loss, run_eagerly=True)
        targets = Y if loss == PLAIN else np.eye(3)[Y]
        model.train_on_batch(X[..., None].astype(np.float32), targets)
        for one, other in zip(model.get_weights(), seen[number][1], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "parameters",
    [
        {"learning_rate_schedule": "constant"},
        {"early_stopping": True, "validation_fraction": 0.2},
        {"output_activation": "softplus"},
    ],
)
def test_labels_stay_as_they_are_where_the_end_is_unknown_or_outputs_are_no_softmax(parameters):
    auto, plain = (mlp(**parameters, loss=loss).fit(X, Y) for loss in ("auto", PLAIN))
    assert_same_weights(*map(weights, (auto, plain)))


def test_parts_have_the_labels_as_they_are():
    auto, plain = (
        mlp(loss=loss).partial_fit(X, Y).partial_fit(X[::-1], Y[::-1]) for loss in ("auto", PLAIN)
    )
    assert_same_weights(*map(weights, (auto, plain)))


def test_the_probabilities_are_better_than_those_of_smoothed_labels():
    images, labels = load_digits(return_X_y=True)
    test_images, test_labels = load_digits(subset="test", return_X_y=True)
    found = {}
    for loss in ("auto", SMOOTHED):
        fits = [MLPClassifier(epochs=8, loss=loss, random_state=seed) for seed in range(2)]
        losses = [
            log_loss(test_labels, fit.fit(images, labels).predict_proba(test_images))
            for fit in fits
        ]
        found[loss] = np.mean(losses)
    assert found["auto"] < 0.8 * found[SMOOTHED]


def test_a_training_goes_on_with_the_loss_by_name():
    begun = mlp(warm_start=True).fit(X, Y)
    assert begun.set_params(loss=PLAIN).fit(X, Y).n_iter_ == 4
