"""What a probability is: training, scores and predictions speak of the same thing."""

import functools

import keras
import numpy as np
import onnxruntime
import pytest
from sklearn.metrics import accuracy_score
from support import BOTH, CNN_AND_SLOWLY_MLP, assert_same_weights, cnn, mlp, slow_but, tiny

import skdigits

X, Y = tiny()
LEARNS = {"epochs": 20, "batch_size": 16, "learning_rate": 0.01}
losses = keras.losses

BINARY = {
    "cross-entropy": losses.BinaryCrossentropy,
    "focal": losses.BinaryFocalCrossentropy,
}
TAKE_LOGITS = {
    "sparse": losses.SparseCategoricalCrossentropy(from_logits=True),
    "renamed": losses.SparseCategoricalCrossentropy(from_logits=True, name="ce"),
    "categorical": losses.CategoricalCrossentropy(from_logits=True),
    "smoothed": losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    "focal": losses.CategoricalFocalCrossentropy(from_logits=True),
    "partial": functools.partial(losses.categorical_crossentropy, from_logits=True),
    "partial sparse": functools.partial(losses.sparse_categorical_crossentropy, from_logits=True),
}
LOGITS = {
    f"{make.__name__}, {name}": (make, loss) for make in BOTH for name, loss in TAKE_LOGITS.items()
}


class OwnCrossEntropy(losses.SparseCategoricalCrossentropy):
    """A user's loss that is one of Keras's by inheritance."""


class OwnLogitsLoss(losses.Loss):
    """A user's loss that says that it takes logits."""

    from_logits = True

    def call(self, y_true, y_pred):
        return losses.categorical_crossentropy(y_true, y_pred, from_logits=True)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def outputs(estimator):
    return np.asarray(estimator.model_(X[..., np.newaxis].astype(np.float32)), dtype=float)


@pytest.mark.precision
@pytest.mark.parametrize(
    "case",
    slow_but(LOGITS, "mlp, sparse", "mlp, partial"),
)
def test_of_logits_the_softmax_is_the_probability(case):
    make, loss = LOGITS[case]
    estimator = make(loss=loss, output_activation="linear", **LEARNS)
    estimator.fit(X, Y, X_val=X, y_val=Y)
    p = estimator.predict_proba(X)
    np.testing.assert_allclose(p, softmax(outputs(estimator)), atol=1e-5)
    assert estimator.score(X, Y) > 0.6
    assert estimator.history_["val_accuracy"][-1] == pytest.approx(estimator.score(X, Y))


@pytest.mark.precision
@pytest.mark.parametrize("name", slow_but(BINARY, "cross-entropy"))
def test_sigmoids_are_the_same_in_the_network_and_in_a_binary_loss(name, tmp_path):
    kind = BINARY[name]
    of_logits = mlp(loss=kind(from_logits=True), output_activation="linear", **LEARNS).fit(X, Y)
    outside = mlp(loss=kind(), output_activation="sigmoid", **LEARNS).fit(X, Y)
    p = of_logits.predict_proba(X)
    np.testing.assert_allclose(p, outside.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(of_logits.predict_log_proba(X), np.log(p), atol=1e-6)
    assert of_logits.history_["accuracy"] == outside.history_["accuracy"]
    sigmoids = 1 / (1 + np.exp(-outputs(of_logits)))
    np.testing.assert_allclose(p, sigmoids / sigmoids.sum(axis=1, keepdims=True), atol=1e-5)
    session = onnxruntime.InferenceSession(skdigits.export(of_logits, tmp_path / "model.onnx"))
    exported = session.run(["probabilities"], {"X": X})[0]
    np.testing.assert_allclose(exported, p, atol=1e-5)


@pytest.mark.parametrize("name", slow_but(BINARY, "focal"))
def test_a_binary_loss_of_a_softmax_is_that_of_the_probabilities(name):
    kind = BINARY[name]
    estimator = mlp(loss=kind(), epochs=2).fit(X, Y, X_val=X, y_val=Y)
    expected = kind()(np.eye(3)[Y], estimator.predict_proba(X))
    assert estimator.history_["val_loss"][-1] == pytest.approx(float(expected), rel=1e-4)


def test_a_binary_loss_of_a_softmax_learns_how_frequent_a_class_is():
    images, labels = np.zeros((50, 6, 6), np.uint8), np.arange(50) % 5 == 0
    estimator = mlp(loss="binary_crossentropy", batch_size=50, epochs=60, learning_rate=0.05)
    found = estimator.fit(images, labels).predict_proba(images[:1])
    np.testing.assert_allclose(found, [[0.8, 0.2]], atol=0.05)


@pytest.mark.filterwarnings("ignore:X seems to have another scale")
@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("softmax", "auto"),
        ("sigmoid", "auto"),
        pytest.param("sigmoid", "mse", marks=pytest.mark.slow),
    ],
)
def test_logarithms_are_those_of_the_probabilities_however_small(activation, loss, averaged):
    estimator = mlp(
        output_activation=activation, loss=loss, test_time_averaging=averaged, augmentation="shift"
    ).fit(X, Y)
    p, log_p = estimator.predict_proba(X), estimator.predict_log_proba(X)
    np.testing.assert_array_equal(log_p, np.log(p))
    far = 3000 * X.astype(np.float32)
    p, log_p = estimator.predict_proba(far), estimator.predict_log_proba(far)
    assert p.min() == 0
    assert np.isfinite(log_p).all()
    np.testing.assert_allclose(np.exp(log_p), p, atol=1e-12)
    np.testing.assert_array_equal(log_p.argmax(axis=1), p.argmax(axis=1))


@pytest.mark.filterwarnings("ignore:X seems to have another scale")
def test_small_logarithms_come_from_the_logits():
    loss = losses.CategoricalCrossentropy(from_logits=True)
    estimator = mlp(output_activation="linear", loss=loss).fit(X, Y)
    far = 3000 * X.astype(np.float32)
    logits = np.asarray(estimator.model_(far[..., np.newaxis]), dtype=float)
    expected = logits - logits.max(axis=1, keepdims=True)
    expected -= np.log(np.exp(expected).sum(axis=1, keepdims=True))
    log_p = estimator.predict_log_proba(far)
    assert log_p.min() < -1000
    np.testing.assert_allclose(log_p, expected, rtol=1e-4, atol=1e-2)


def test_an_output_of_zero_has_no_logarithm():
    log_p = mlp(output_activation="relu", loss="mse", **LEARNS).fit(X, Y).predict_log_proba(X)
    assert not np.isnan(log_p).any()
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1)


@pytest.mark.parametrize("loss", [OwnLogitsLoss(), "categorical_crossentropy"])
def test_a_loss_of_the_users_may_say_that_it_takes_logits(loss):
    if isinstance(loss, str):
        with pytest.raises(ValueError, match=r"output_activation.*from_logits"):
            mlp(loss=loss, output_activation="linear").fit(X, Y)
    else:
        assert mlp(loss=loss, output_activation="linear", **LEARNS).fit(X, Y).score(X, Y) > 0.9


PAIRS = [
    f"{activation}, {loss}"
    for activation in ("softmax", "sigmoid", "softplus", "relu", "exponential")
    for loss in ("auto", "categorical_crossentropy", "binary_crossentropy", "mse", "kl_divergence")
]
# Each is about another output: a probability of each class, one of its own, and any number.
QUICK_PAIRS = ["softmax, categorical_crossentropy", "sigmoid, binary_crossentropy", "relu, mse"]


@pytest.mark.parametrize("pair", slow_but(PAIRS, *QUICK_PAIRS))
def test_history_score_and_probabilities_agree(pair):
    activation, loss = pair.split(", ")
    estimator = mlp(loss=loss, output_activation=activation, epochs=3)
    estimator.fit(X, Y, X_val=X, y_val=Y)
    p = estimator.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert p.min() >= 0
    hits = accuracy_score(Y, estimator.predict(X))
    assert estimator.score(X, Y) == hits == pytest.approx(estimator.history_["val_accuracy"][-1])


@pytest.mark.parametrize("loss", ["auto", "mse", lambda y, p: keras.ops.mean((y - p) ** 2, -1)])
@pytest.mark.parametrize(
    "activation",
    ["linear", None, "tanh", "log_softmax", "elu", "selu", "gelu", "silu", "mish", "leaky_relu",
     "softsign", "celu", "hard_tanh", keras.activations.tanh, keras.ops.sin, lambda x: x - 1,
     keras.layers.LeakyReLU()],
)  # fmt: skip
def test_outputs_that_may_be_negative_are_refused_before_training(activation, loss):
    estimator = mlp(output_activation=activation, loss=loss)
    with pytest.raises(ValueError, match="output_activation"):
        estimator.fit(X, Y)
    assert not hasattr(estimator, "classes_")


@pytest.mark.parametrize(
    "loss",
    [
        OwnCrossEntropy(name="binary"),
        losses.CategoricalCrossentropy(name="sparse_looking"),
        *(
            pytest.param(loss, marks=pytest.mark.slow)
            for loss in (
                OwnCrossEntropy(),
                losses.SparseCategoricalCrossentropy(name="focal"),
                losses.CategoricalGeneralizedCrossEntropy(),
            )
        ),
    ],
)
def test_a_loss_is_known_by_its_type_and_not_by_its_name(loss):
    assert mlp(loss=loss, **LEARNS).fit(X, Y).score(X, Y) > 0.9


@pytest.mark.parametrize(
    "reduction", slow_but(["sum", "mean", "mean_with_sample_weight"], "sum", "mean")
)
def test_reductions_of_a_loss(reduction):
    loss = losses.CategoricalCrossentropy(reduction=reduction)
    assert mlp(loss=loss, optimizer="adam", **LEARNS).fit(X, Y).score(X, Y) > 0.9


def test_sigmoids_that_saturate_are_told_apart_as_the_loss_did():
    estimator = mlp(output_activation="sigmoid", optimizer="sgd", learning_rate=5.0, epochs=8)
    estimator.fit(X, Y)
    p = estimator.predict_proba(X)
    assert (p.max(axis=1) > 0.5).mean() > 0.9 or len(np.unique(p.argmax(axis=1))) > 1


@pytest.mark.precision
@pytest.mark.parametrize("precision", slow_but(["float32", "bfloat16"], "bfloat16"))
@pytest.mark.parametrize("make", CNN_AND_SLOWLY_MLP)
def test_the_model_that_is_taken_out_is_float32_and_gives_the_probabilities(make, precision):
    estimator = make(precision=precision, batch_norm=True, epochs=5).fit(X, Y)
    assert {layer.compute_dtype for layer in estimator.model_.layers} == {"float32"}
    np.testing.assert_allclose(outputs(estimator), estimator.predict_proba(X), atol=1e-5)
    assert estimator.model_ is estimator.model_
    before = outputs(estimator)
    estimator.set_params(learning_rate=1.0).partial_fit(X, Y)
    assert np.abs(outputs(estimator) - before).max() > 1e-3
    np.testing.assert_allclose(outputs(estimator), estimator.predict_proba(X), atol=1e-5)


@pytest.mark.precision
@pytest.mark.parametrize("precision", slow_but(["float32", "bfloat16"], "bfloat16"))
def test_the_model_that_is_taken_out_during_a_training_is_that_of_the_moment(precision):
    kept = []

    class Takes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept.append(estimator.model_.get_weights())

    estimator = cnn(precision=precision, callbacks=[Takes()], learning_rate=0.1)
    estimator.fit(X, Y)
    assert np.abs(kept[0][-1] - kept[1][-1]).max() > 1e-3
    assert_same_weights(kept[1], estimator.model_.get_weights())
    np.testing.assert_allclose(outputs(estimator), estimator.predict_proba(X), atol=1e-5)


@pytest.mark.precision
@pytest.mark.parametrize("precision", slow_but(["float32", "bfloat16"], "bfloat16"))
def test_the_model_that_is_taken_out_measures_itself_with_its_accuracy(precision):
    estimator = cnn(precision=precision).fit(X, Y)
    _, accuracy = estimator.model_.evaluate(X[..., np.newaxis], Y, verbose=0)
    assert accuracy == pytest.approx(estimator.score(X, Y))


@pytest.mark.precision
def test_validation_during_a_bfloat16_training_is_what_score_says():
    estimator = cnn(precision="bfloat16", epochs=3).fit(X, Y, X_val=X, y_val=Y)
    assert estimator.history_["val_accuracy"][-1] == pytest.approx(estimator.score(X, Y))
