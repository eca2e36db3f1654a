"""The fast path computes what Keras computes."""

import numpy as np
import pytest
from support import slow_but

from skdigits import CNNClassifier, MLPClassifier
from skdigits.datasets import load_digits


def start_and_end(estimator, X, y):
    """Return a copy of the model as it was before training, and the trained estimator."""
    import keras

    class KeepStart(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.start = keras.models.clone_model(self.model)
            self.start.set_weights(self.model.get_weights())

    keep = KeepStart()
    estimator.set_params(callbacks=[keep]).fit(X, y)
    return keep.start, estimator


NETWORKS = {
    "same padding": ((12, 12), {}),
    "three channels": ((16, 14, 3), {"kernel_size": (3, 5)}),
    "valid padding": ((28, 28), {"filters": (4, 9), "batch_norm": True}),
    "nine channels": ((20, 20, 9), {"filters": (5,), "pool_size": 1, "activation": "tanh"}),
}
CASES = [f"{name}, {optimizer}" for name in NETWORKS for optimizer in ("adam", "sgd", "adamw")]
QUICK = ["same padding, adamw", "valid padding, sgd", "nine channels, adam"]


@pytest.mark.parametrize("case", slow_but(CASES, *QUICK))
def test_one_step_of_a_cnn_is_keras_own(case):
    name, optimizer = case.split(", ")
    shape, options = NETWORKS[name]
    if options.get("batch_norm") and optimizer != "sgd":
        pytest.skip("Adam's first step is the sign of gradients that batch norm makes zero")
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, *shape), dtype=np.uint8)
    y = rng.integers(0, 3, 40)
    plain = {"dropout": 0.0, "batch_norm": False, "weight_decay": None, "augmentation": None}
    options = {"filters": (4, 6), "hidden_layer_sizes": (8,), **plain, **options}
    start, fitted = start_and_end(
        CNNClassifier(
            optimizer=optimizer,
            learning_rate=0.01,
            learning_rate_schedule="constant",
            epochs=1,
            batch_size=40,
            precision="float32",
            random_state=0,
            **options,
        ),
        X,
        y,
    )
    start.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=True)
    start.optimizer.learning_rate = 0.01
    images = X[..., None] if X.ndim == 3 else X
    history = start.fit(images, y, batch_size=40, epochs=1, verbose=0, shuffle=False)
    assert fitted.history_["loss"][0] == pytest.approx(history.history["loss"][0], rel=1e-4)
    for ours, theirs in zip(fitted.model_.get_weights(), start.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=2e-5)


@pytest.mark.slow
def test_many_steps_learn_as_keras_does():
    """All images in one batch, so that the order does not matter."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    start, fitted = start_and_end(
        MLPClassifier(
            (32,),
            dropout=0.0,
            batch_norm=False,
            learning_rate=0.005,
            weight_decay=None,
            learning_rate_schedule="constant",
            augmentation=None,
            epochs=30,
            batch_size=300,
            random_state=0,
        ),
        X,
        y,
    )
    start.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    start.optimizer.learning_rate = 0.005
    history = start.fit(X[..., None], y, batch_size=300, epochs=30, verbose=0).history
    np.testing.assert_allclose(fitted.history_["loss"], history["loss"], rtol=1e-3)
    np.testing.assert_allclose(fitted.history_["accuracy"], history["accuracy"], atol=0.01)
