"""Training does what Keras does, with names and with objects."""

import keras
import numpy as np
import pytest
from support import CNN_AND_SLOWLY_MLP, assert_same_weights, cnn, mlp, slow_but, tiny, weights

from skdigits import NetworkClassifier
from skdigits._private_names import TAKES_PUBLIC_WAYS
from skdigits.networks import build_cnn, build_mlp

X, Y = tiny()
BUILDERS = {mlp: (build_mlp, {}), cnn: (build_cnn, {"filters": (4, 4)})}


class FirstWeights(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.weights = [np.array(weight) for weight in self.model.get_weights()]


REST = [(mlp, True), (cnn, False)]  # they repeat what the two others do


PAIRS = {
    "sgd": (keras.optimizers.SGD(0.05, momentum=0.9), "auto"),
    "adamw": (keras.optimizers.AdamW(0.01, weight_decay=0.1), "categorical_crossentropy"),
    "clipnorm": (
        keras.optimizers.Adam(0.01, clipnorm=0.1),
        keras.losses.SparseCategoricalCrossentropy(),
    ),
    "rmsprop": (
        keras.optimizers.RMSprop(0.01),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.2),
    ),
    "nadam": (keras.optimizers.Nadam(0.01), "mse"),
    "lion": (keras.optimizers.Lion(0.01), keras.losses.CategoricalFocalCrossentropy()),
}


@pytest.mark.parametrize("pair", slow_but(PAIRS, "sgd", "clipnorm"))
@pytest.mark.parametrize(
    ("make", "batch_norm"),
    [(mlp, False), (cnn, True), *(pytest.param(*each, marks=pytest.mark.slow) for each in REST)],
)
def test_full_batch_steps_are_those_of_keras(make, batch_norm, pair):
    """From the same initial weights, five steps with sample weights end where Keras's end."""
    optimizer, loss = PAIRS[pair]
    if batch_norm and not isinstance(optimizer, keras.optimizers.SGD):
        pytest.skip("biases before a normalisation have no gradient but noise, which these enlarge")
    sample_weight = np.linspace(0.1, 1.9, len(Y)).astype(np.float32)  # mean one
    first = FirstWeights()
    settings = {"dropout": 0, "batch_norm": batch_norm, "precision": "float32"}
    settings |= {"epochs": 5, "batch_size": len(Y), "learning_rate_schedule": "constant"}
    ours = make(optimizer=optimizer, loss=loss, callbacks=[first], **settings)
    ours.fit(X, Y, sample_weight=sample_weight)

    build, options = BUILDERS[make]
    theirs = build((6, 6), 3, hidden_layer_sizes=(16,), batch_norm=batch_norm, **options)
    theirs.set_weights(first.weights)
    loss = "sparse_categorical_crossentropy" if loss == "auto" else loss
    theirs.compile(type(optimizer).from_config(optimizer.get_config()), loss, run_eagerly=True)
    sparse = str(getattr(loss, "name", loss)).startswith("sparse")
    targets = Y if sparse else np.eye(3)[Y]
    losses = [
        theirs.train_on_batch(X[..., None].astype(np.float32), targets, sample_weight=sample_weight)
        for _ in range(5)
    ]
    np.testing.assert_allclose(ours.history_["loss"][0], losses[0], rtol=1e-4)
    for one, other in zip(weights(ours), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize(
    "optimizer",
    slow_but(
        ["adam", "sgd", "rmsprop", "adamw", "nadam", "adagrad", "lion", "Adam", "ftrl"],
        *("sgd", "Adam"),
    ),
)
def test_optimizers_by_name(optimizer):
    history = mlp(optimizer=optimizer, epochs=8).fit(X, Y).history_
    assert history["loss"][-1] < history["loss"][0]


def squares(true, predicted):
    return keras.ops.mean((true - predicted) ** 2, axis=-1)


LOSSES = [
    "categorical_crossentropy", "sparse_categorical_crossentropy", "mse", "kl_divergence",
    "binary_crossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", squares,
]  # fmt: skip
QUICK_LOSSES = ["sparse_categorical_crossentropy", "CategoricalCrossentropy", squares]


@pytest.mark.parametrize("loss", slow_but(LOSSES, *QUICK_LOSSES))
def test_losses(loss):
    estimator = mlp(loss=loss, epochs=20, batch_size=16, dropout=0, learning_rate=0.01).fit(X, Y)
    assert estimator.score(X, Y) > 0.9


@pytest.mark.parametrize("make", CNN_AND_SLOWLY_MLP)
@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.PReLU,
        pytest.param(keras.layers.LeakyReLU, marks=pytest.mark.slow),
        pytest.param(keras.layers.ELU, marks=pytest.mark.slow),
    ],
)
def test_an_activation_layer_serves_every_hidden_layer(make, layer):
    estimator = make(activation=layer(), hidden_layer_sizes=(16, 8)).fit(X, Y)
    kinds = [type(one) for one in estimator.model_.layers]
    assert kinds.count(layer) == 2 + (2 if make is cnn else 0)
    expected = estimator.predict_proba(X)
    del estimator  # its network is used again
    again = make(activation=layer(), hidden_layer_sizes=(16, 8)).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), expected)


ACTIVATIONS = ["tanh", "gelu", keras.activations.swish, keras.ops.sin]


@pytest.mark.parametrize("activation", slow_but(ACTIVATIONS, keras.ops.sin))
def test_activations_by_name_and_as_functions(activation):
    assert mlp(activation=activation).fit(X, Y).n_iter_ == 2


INITIALIZERS = {
    "normal": lambda **seed: keras.initializers.RandomNormal(0, 1, **seed),
    "truncated": lambda **seed: keras.initializers.TruncatedNormal(0, 0.05, **seed),
    "uniform": lambda **seed: keras.initializers.RandomUniform(-0.05, 0.05, **seed),
}


@pytest.mark.parametrize("name", slow_but(INITIALIZERS, "truncated"))
def test_initializers(name):
    def first_kernels(random_state, **seed):
        first = FirstWeights()
        make = mlp(kernel_initializer=INITIALIZERS[name](**seed), random_state=random_state)
        make.set_params(callbacks=[first], hidden_layer_sizes=(200, 200)).fit(X, Y)
        return first.weights[2::2]

    unseeded = first_kernels(0)
    assert_same_weights(unseeded, first_kernels(0))
    assert not np.array_equal(unseeded[0], first_kernels(1)[0])
    assert not np.array_equal(unseeded[0].ravel()[:600], unseeded[1].ravel()[:600])
    expected_std = {"normal": 1, "truncated": 0.05 * 0.88, "uniform": 0.1 / 12**0.5}[name]
    assert unseeded[1].std() == pytest.approx(expected_std, rel=0.05)
    assert_same_weights(first_kernels(0, seed=4), first_kernels(1, seed=4))


@pytest.mark.parametrize(
    ("make", "optimizer"),
    [
        (mlp, "adam"),
        pytest.param(mlp, "adamw", marks=pytest.mark.slow),
        pytest.param(cnn, "sgd", marks=pytest.mark.slow),
    ],
)
def test_weight_decay_takes_a_share_of_the_kernels_only(make, optimizer):
    """In one step of all images: the rest of the step is that of a training without."""
    settings = {"dropout": 0, "epochs": 1, "batch_size": len(Y), "learning_rate": 0.01}
    settings |= {"learning_rate_schedule": "constant", "optimizer": optimizer, "batch_norm": True}
    first = FirstWeights()
    plain = make(weight_decay=0.0, callbacks=[first], **settings).fit(X, Y)
    decayed = make(weight_decay=5.0, **settings).fit(X, Y)
    variables = zip(plain.model_.weights, weights(decayed), first.weights, strict=True)
    for variable, after, before in variables:
        share = 0.05 if variable.name == "kernel" else 0
        np.testing.assert_allclose(after, np.array(variable) - share * before, atol=1e-6)


@pytest.mark.slow
def test_weight_decay_none_is_the_optimizers_own():
    def fitted(weight_decay):
        return weights(mlp(optimizer="adamw", weight_decay=weight_decay).fit(X, Y))

    none, zero, own = fitted(None), fitted(0.0), fitted(0.004)
    assert np.abs(none[2] - zero[2]).max() > 0
    assert_same_weights(none[2:3], own[2:3])  # which decays biases too
    brought = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    given = [weights(mlp(optimizer=brought, weight_decay=it).fit(X, Y)) for it in (None, 5.0)]
    assert_same_weights(*given)


def test_one_cycle_rises_and_falls_to_zero():
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    mlp(learning_rate=0.5, epochs=20, batch_size=10, callbacks=[Rates()]).fit(X, Y)
    assert len(rates) == 120
    peak = int(np.argmax(rates))
    assert 24 <= peak <= 30
    assert rates[peak] == pytest.approx(0.5, rel=0.05)
    assert np.all(np.diff(rates[: peak + 1]) > 0)
    assert np.all(np.diff(rates[peak:]) < 0)
    assert rates[-1] < 0.01


class Halved(keras.optimizers.schedules.LearningRateSchedule):
    """A user's schedule, which Keras does not know by name."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate * 0.5 ** keras.ops.cast(step // 3, "float32")

    def get_config(self):
        return {"rate": self.rate}


@pytest.mark.skipif(TAKES_PUBLIC_WAYS, reason="Keras makes only schedules of its own anew")
@pytest.mark.parametrize(
    "optimizer", ["auto", "adam", keras.optimizers.SGD(0.3), keras.optimizers.Adam(Halved(0.01))]
)
def test_a_schedule_of_the_users_is_followed(optimizer):
    is_own = not isinstance(optimizer, str) and not hasattr(optimizer.learning_rate, "assign")
    schedule = "constant" if is_own else Halved(0.01)
    estimator = mlp(optimizer=optimizer, learning_rate_schedule=schedule, batch_size=20)
    estimator.fit(X, Y)
    steps = 2 * -(-len(X) // 20)
    expected = 0.01 * 0.5 ** (steps // 3)
    assert float(estimator.model_.optimizer.learning_rate) == pytest.approx(expected, rel=1e-5)
    assert estimator.partial_fit(X, Y).n_iter_ == 3


@pytest.mark.parametrize("optimizer", ["adam", "auto"])
def test_a_schedule_that_cannot_be_made_anew_is_named(optimizer):
    class Own(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.01

    with pytest.raises(TypeError, match=r"'learning_rate_schedule' parameter .* get_config"):
        mlp(optimizer=optimizer, learning_rate_schedule=Own()).fit(X, Y)


def test_equal_kernels_stay_apart_in_an_optimizer_that_keeps_copies():
    initializer = keras.initializers.GlorotUniform()  # draws the same for both at first

    def build(shape, n_classes):
        layers = keras.layers
        return keras.Sequential([
            keras.Input(shape), layers.Flatten(), layers.Dense(16),
            layers.Dense(16, kernel_initializer=initializer),
            layers.Dense(16, kernel_initializer=initializer),
            layers.Dense(n_classes, activation="softmax"),
        ])  # fmt: skip

    def kernels(optimizer):
        settings = {"epochs": 1, "learning_rate_schedule": "constant", "random_state": 0}
        fitted = NetworkClassifier(build, optimizer=optimizer, **settings).fit(X, Y)
        return [layer.kernel.numpy() for layer in fitted.model_.layers[-3:-1]]

    still = kernels(keras.optimizers.SGD(1e-30))
    kept = kernels(keras.optimizers.ScheduleFreeAdamW(1e-9))
    np.testing.assert_allclose(kept, still, atol=1e-6)


def test_a_keras_schedule_is_followed():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.01, 0.0])
    adam = {"optimizer": "adam", "batch_size": 10}
    long, short = (
        weights(mlp(learning_rate_schedule=schedule, epochs=epochs, **adam).fit(X, Y))
        for epochs in (5, 1)
    )
    stopped = [np.abs(a - b).max() for a, b in zip(long, short, strict=True)]
    assert max(stopped) < 0.02
    own = mlp(optimizer=keras.optimizers.Adam(schedule), learning_rate_schedule="constant")
    own.set_params(epochs=5, batch_size=10).fit(X, Y)
    assert_same_weights(weights(own), long)


@pytest.mark.precision
@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
@pytest.mark.parametrize("make", CNN_AND_SLOWLY_MLP)
def test_precisions_learn_alike(make, precision):
    settings = {"epochs": 30, "dropout": 0, "batch_size": 16, "learning_rate": 0.01}
    estimator = make(precision=precision, **settings).fit(X, Y)
    assert estimator.score(X, Y) > 0.9
    assert {w.dtype for w in estimator.model_.get_weights()} == {np.dtype(np.float32)}


AUGMENTATIONS = {
    "shift": "shift",
    "affine": "affine",
    "elastic": "elastic",
    "flip": "flip",
    "erase": "erase",
    "mixed": ("elastic", keras.layers.RandomFlip(), "erase"),
    "layer": keras.layers.RandomFlip(),
    "layers": [keras.layers.RandomRotation(0.1)],
    "sequential": keras.Sequential([keras.layers.RandomFlip(), keras.layers.RandomZoom(0.1)]),
}

# "mixed" has parts of all, and "sequential" holds layers
LIKE_OTHERS = ("shift", "affine", "elastic", "flip", "erase", "layer", "layers")


@pytest.mark.precision
@pytest.mark.parametrize(
    ("make", "name"),
    [
        *((mlp, name) for name in ("mixed", "sequential")),
        *(pytest.param(mlp, name, marks=pytest.mark.slow) for name in LIKE_OTHERS),
        pytest.param(cnn, "mixed", marks=pytest.mark.slow),
    ],
)
def test_augmentation_changes_training_only(make, name):
    images, labels = tiny(shape=(14, 14))  # under 13 pixels "shift" is less than half a pixel
    plain = make(dropout=0).fit(images, labels)
    estimator = make(dropout=0, augmentation=AUGMENTATIONS[name]).fit(images, labels)
    probabilities = estimator.predict_proba(images)
    assert not np.array_equal(probabilities, plain.predict_proba(images))
    np.testing.assert_array_equal(probabilities, estimator.predict_proba(images))
    outputs = estimator.model_(images[..., np.newaxis].astype(np.float32))
    np.testing.assert_allclose(outputs, probabilities, atol=1e-5)


@pytest.mark.parametrize(
    ("epochs", "n_iter"), [((2, 30), 8), ((2, 31), 8), ((2, 33), 9), ((2, 4), 2), (3, 3)]
)
def test_a_pair_of_epochs_is_passes_and_the_least_number_of_steps(epochs, n_iter):
    estimator = mlp(epochs=epochs, batch_size=16).fit(X, Y)  # four steps an epoch
    assert estimator.n_iter_ == len(estimator.history_["loss"]) == n_iter
    same = mlp(epochs=n_iter, batch_size=16).fit(X, Y)
    assert_same_weights(weights(estimator), weights(same))
    assert estimator.partial_fit(X, Y).n_iter_ == n_iter + 1


@pytest.mark.parametrize("epochs", [np.uint8(20), (np.uint8(20), np.uint8(3))])
def test_numbers_of_a_small_type_are_the_same_numbers(epochs):
    """There are more steps than uint8 can count."""
    given = mlp(epochs=epochs, batch_size=4).fit(X, Y)
    assert_same_weights(weights(given), weights(mlp(epochs=20, batch_size=4).fit(X, Y)))


def test_a_batch_may_be_larger_than_any_data():
    given = weights(mlp(batch_size=10**10).fit(X, Y))
    assert_same_weights(given, weights(mlp(batch_size=1000).fit(X, Y)))
