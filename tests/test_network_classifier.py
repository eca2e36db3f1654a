"""`NetworkClassifier`: networks of the user's, with all that the other classifiers do."""

import copy
import gc
import logging
import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from support import (
    assert_same_weights,
    cnn,
    dense,
    digits,
    mlp,
    run_python,
    slow_but,
    tiny,
    weights,
)

from skdigits import NetworkClassifier
from skdigits._private_names import TAKES_PUBLIC_WAYS
from skdigits.ensemble import AveragingClassifier
from skdigits.inspection import FirstLayerDisplay, SaliencyDisplay
from skdigits.networks import build_cnn
from skdigits.preprocessing import ImageReshaper

X, Y = tiny()
layers = keras.layers


def residual(input_shape, n_classes, filters=4):
    inputs = keras.Input(input_shape)
    x = layers.Conv2D(filters, 3, padding="same")(inputs)
    y = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(x))
    x = layers.GlobalAveragePooling2D()(layers.Activation("relu")(layers.Add()([x, y])))
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


def recurrent(input_shape, n_classes, units=8):
    """Without the channel: an image is a sequence of rows."""
    return keras.Sequential(
        [
            keras.Input(input_shape[:2]),
            layers.LSTM(units),
            layers.Dense(n_classes, activation="softmax"),
        ]
    )


def unbuilt(input_shape, n_classes):
    """A sequential model that was told no shape."""
    return keras.Sequential([layers.Flatten(), layers.Dense(n_classes, activation="softmax")])


class Halving(keras.Sequential):
    """A sequential model that gives half of what its layers give, and half the same for all."""

    def call(self, images, training=None, mask=None):
        outputs = super().call(images, training=training, mask=mask)
        return (outputs + 1 / outputs.shape[-1]) / 2


class Subclassed(keras.Model):
    def __init__(self, n_classes):
        super().__init__()
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(16, activation="relu")
        self.drop = layers.Dropout(0.1)
        self.out = layers.Dense(n_classes, activation="softmax")

    def call(self, images, training=False):
        return self.out(self.drop(self.hidden(self.flatten(images)), training=training))


def subclassed(input_shape, n_classes):
    return Subclassed(n_classes)


def ours(input_shape, n_classes):
    """A network of this package, which standardises its input already."""
    return build_cnn(input_shape, n_classes, filters=(4,), hidden_layer_sizes=(8,))


NETWORKS = {
    "dense": dense,
    "residual": residual,
    "recurrent": recurrent,
    "unbuilt": unbuilt,
    "subclassed": subclassed,
    "ours": ours,
}
PLAIN = {"epochs": 2, "batch_size": 16, "augmentation": None, "random_state": 0}


def network(build=dense, **parameters):
    return NetworkClassifier(build, **PLAIN | parameters)


@pytest.mark.parametrize("name", slow_but(NETWORKS, "unbuilt", "subclassed", "ours"))
def test_every_kind_of_network_learns(name):
    estimator = network(NETWORKS[name], epochs=40, learning_rate=0.02).fit(X, Y)
    probabilities = estimator.predict_proba(X)
    assert estimator.score(X, Y) > 0.9
    assert estimator.history_["accuracy"][-1] > 0.9
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    twin = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(twin.predict_proba(X), probabilities)
    outputs = estimator.model_.predict(X[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(outputs, probabilities, atol=1e-3)


class TestEveryKindOfNetwork:
    @pytest.fixture(scope="class", params=slow_but(NETWORKS, "subclassed"))
    def build(self, request):
        """Return one of the networks; its scope lets all tests of one follow each other."""
        return NETWORKS[request.param]

    def test_pixels_of_any_scale_are_the_same(self, build):
        settings = {"epochs": 5, "precision": "float32"}
        raw = network(build, **settings).fit(X, Y).predict_proba(X)
        scaled = network(build, **settings).fit(X / 255, Y).predict_proba(X / 255)
        np.testing.assert_allclose(raw, scaled, atol=1e-3)

    def test_the_same_seed_gives_the_same_bits(self, build):
        first, again, other = (
            weights(network(build, random_state=seed).fit(X, Y)) for seed in (0, 0, 1)
        )
        assert_same_weights(first, again)
        assert not np.array_equal(other[-1], first[-1])

    def test_pickles_and_copies_go_on_to_the_same_bits(self, build):
        estimator = network(build).fit(X, Y)
        twins = [pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)]
        expected = estimator.predict_proba(X)
        after = estimator.partial_fit(X, Y).predict_proba(X)
        for twin in twins:
            np.testing.assert_array_equal(twin.predict_proba(X), expected)
            np.testing.assert_array_equal(twin.partial_fit(X, Y).predict_proba(X), after)

    def test_early_stopping_and_callbacks(self, build):
        note = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: logs.update(epoch=epoch)
        )
        settings = {"early_stopping": True, "n_iter_no_change": 2, "epochs": 9, "callbacks": [note]}
        estimator = network(build, validation_fraction=0.2, **settings).fit(X, Y)
        assert estimator.best_epoch_ <= estimator.n_iter_ <= 9
        assert estimator.history_["epoch"] == list(range(estimator.n_iter_))


def merged(input_shape, n_classes):
    """Its input is an element of a list."""
    inputs = keras.Input(input_shape)
    both = layers.Concatenate()([inputs, layers.Conv2D(2, 3, padding="same")(inputs)])
    output = layers.Dense(n_classes, activation="softmax")
    return keras.Model(inputs, output(layers.Flatten()(both)))


def attending(input_shape, n_classes):
    """Its input is the value of keyword arguments, and an element of a list."""
    inputs = keras.Input(input_shape[:2])
    x = layers.MultiHeadAttention(2, 4)(query=inputs, value=inputs)
    both = layers.Concatenate()([inputs, x])
    output = layers.Dense(n_classes, activation="softmax")
    return keras.Model(inputs, output(layers.Flatten()(both)))


@pytest.mark.parametrize("build", [pytest.param(merged, marks=pytest.mark.slow), attending])
def test_an_input_in_a_list_or_a_keyword_is_standardised_too(build):
    settings = {"precision": "float32", "learning_rate": 1e-4}
    raw = network(build, **settings).fit(X, Y).predict_proba(X)
    scaled = network(build, **settings).fit(X / 255, Y).predict_proba(X / 255)
    np.testing.assert_allclose(raw, scaled, atol=1e-3)


@pytest.mark.parametrize("build", [dense, pytest.param(residual, marks=pytest.mark.slow)])
def test_fits_of_equal_networks_share_one(build, builds):
    for seed in range(2):
        network(build, random_state=seed).fit(X, Y)
        gc.collect()
    cross_val_score(network(build), X, Y, cv=2, error_score="raise")
    assert len(builds) <= 1  # or an earlier test has left one


def test_a_builder_that_does_something_else_meanwhile_is_another(monkeypatch):
    def probabilities(units):
        monkeypatch.setattr("test_network_classifier.UNITS", units)
        return network(by_a_global, epochs=1).fit(X, Y).n_parameters_

    assert probabilities(3) < probabilities(5)


UNITS = 3


def by_a_global(input_shape, n_classes):
    return dense(input_shape, n_classes, units=UNITS)


class TestOptions:
    def test_a_search_varies_them(self):
        space = {"build_options__units": [2, 16], "build_options__activation": ["relu"]}
        search = GridSearchCV(network(build_options={"units": 4}), space, cv=2).fit(X, Y)
        assert search.best_params_.keys() == space.keys()
        assert search.best_estimator_.build_options.keys() == {"units", "activation"}
        units = search.best_params_["build_options__units"]
        assert search.best_estimator_.model_.layers[-2].units == units

    @pytest.mark.slow
    def test_in_a_pipeline(self):
        pipeline = make_pipeline(ImageReshaper((6, 6)), network())
        space = {"networkclassifier__build_options__units": [2, 16]}
        search = RandomizedSearchCV(pipeline, space, n_iter=2, cv=2, random_state=0)
        assert search.fit(X.reshape(60, -1), Y).best_params_.keys() == space.keys()

    def test_they_are_parameters(self):
        options = {"units": 4}
        estimator = network(build_options=options)
        assert estimator.get_params()["build_options__units"] == 4
        twin = clone(estimator).set_params(build_options__units=7, build_options__activation="elu")
        assert twin.build_options == {"units": 7, "activation": "elu"}
        assert options == {"units": 4} == estimator.build_options
        assert twin.get_params()["build_options__activation"] == "elu"

    def test_an_option_that_the_function_lacks(self):
        with pytest.raises(ValueError, match=r"takes no option .width.*it takes units, activation"):
            network().set_params(build_options__width=3)
        with pytest.raises(ValueError, match="takes no option 'width'"):
            network(build_options={"width": 3}).fit(X, Y)

    @pytest.mark.slow
    def test_a_function_of_any_options(self):
        def build(input_shape, n_classes, **options):
            return dense(input_shape, n_classes, **options)

        estimator = network(build).set_params(build_options__units=3).fit(X, Y)
        assert estimator.model_.layers[-2].units == 3

    def test_a_function_may_tell_a_count_from_a_share(self):
        def build(input_shape, n_classes, width=1):
            return dense(input_shape, n_classes, width if type(width) is int else int(8 * width))

        one, eight = (
            network(build, build_options={"width": width}).fit(X, Y).n_parameters_
            for width in (1, 1.0)  # the first network is free when the second one begins
        )
        assert one < eight

    def test_a_dict_with_keys_of_several_types(self):
        def build(input_shape, n_classes, units=None):
            return dense(input_shape, n_classes, units[1])

        estimator = network(build, build_options={"units": {1: 3, "out": 4}}).fit(X, Y)
        assert estimator.model_.layers[-2].units == 3

    @pytest.mark.parametrize(
        "name", slow_but(["filters", "hidden_layer_sizes", "kernel_size"], "filters")
    )
    def test_an_option_called_as_one_of_ours_may_mean_anything(self, name):
        """Its value need not be the size of a weight in a pickle."""

        def build(input_shape, n_classes, **options):
            return dense(input_shape, n_classes, 2 * options[name])

        estimator = network(build, build_options={name: 5}).fit(X, Y)
        copied = copy.deepcopy(estimator)
        np.testing.assert_array_equal(copied.predict(X), estimator.predict(X))

    def test_another_option_is_another_network(self):
        estimator = network(warm_start=True).fit(X, Y).set_params(build_options__units=3)
        with pytest.raises(ValueError, match="cannot go on with another 'build_options'"):
            estimator.fit(X, Y)


def logits(input_shape, n_classes):
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(n_classes)])


def compiled(input_shape, n_classes):
    model = dense(input_shape, n_classes)
    model.compile("sgd", "mse")
    return model


def two_inputs(input_shape, n_classes):
    inputs = [keras.Input(input_shape), keras.Input((3,))]
    x = layers.Concatenate()([layers.Flatten()(inputs[0]), inputs[1]])
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


def two_outputs(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    output = layers.Dense(n_classes, activation="softmax")(layers.Flatten()(inputs))
    return keras.Model(inputs, [output, output])


def one_unit(input_shape, n_classes):
    return keras.Sequential(
        [keras.Input(input_shape), layers.Flatten(), layers.Dense(1, activation="sigmoid")]
    )


def softmax_over_the_batch(input_shape, n_classes):
    ends = [layers.Dense(n_classes), layers.Softmax(axis=0)]
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), *ends])


def mean_of_the_batch(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = layers.Flatten()(inputs - keras.ops.mean(inputs, axis=(0, 1, 2)))
    return keras.Model(inputs, layers.Dense(n_classes)(x))


def stateful(input_shape, n_classes):
    inputs = keras.Input(batch_shape=(16, *input_shape[:2]))
    x = layers.GRU(2, stateful=True)(inputs)
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


def fails(input_shape, n_classes):
    raise RuntimeError("no network today")


BAD = {
    "logits": (logits, ValueError, "may be negative.*from_logits=True"),
    "softmax over the batch": (softmax_over_the_batch, ValueError, "depends on the other images"),
    "state of the batch before": (stateful, ValueError, "keeps a state from batch to batch"),
    "mean of the batch": (mean_of_the_batch, ValueError, "depends on the other images"),
    "compiled": (compiled, ValueError, "compiled model.*`optimizer` and `loss`"),
    "two inputs": (two_inputs, ValueError, r"inputs of shape \(6, 6, 1\), \(3,\)"),
    "two outputs": (two_outputs, ValueError, "several outputs"),
    "one unit": (one_unit, ValueError, r"outputs of shape \(1,\).*Two classes have two"),
    "other images": (
        lambda shape, n: dense((28, 28, 1), n),
        ValueError,
        r"inputs of shape \(28, 28, 1\).*\(6, 6, 1\)",
    ),
    "no model": (lambda shape, n: None, TypeError, "must return a keras.Model; it returned None"),
    "no function": ("cnn", ValueError, "'build' parameter of NetworkClassifier must be a callable"),
    "a model": (
        dense((6, 6, 1), 3),
        ValueError,
        "'build' parameter of NetworkClassifier must be .* builds the network, not a model. Got <",
    ),
    "fails": (fails, RuntimeError, "no network today"),
}


@pytest.mark.parametrize(("build", "kind", "message"), BAD.values(), ids=BAD)
def test_a_function_that_gives_no_such_network(build, kind, message):
    with pytest.raises(kind, match=message):
        network(build).fit(X, Y)


def test_logits_with_a_loss_that_takes_them():
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    estimator = network(logits, loss=loss, epochs=40, learning_rate=0.02).fit(X, Y)
    assert estimator.score(X, Y) > 0.9
    np.testing.assert_allclose(estimator.history_["accuracy"][-1], estimator.score(X, Y), atol=0.1)


class AlwaysNoise(layers.Layer):
    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, x):
        return x + 0.3 * keras.random.normal(keras.ops.shape(x), seed=self.seeds)


def test_a_layer_that_is_always_random():
    def build(input_shape, n_classes):
        ends = [layers.Flatten(), AlwaysNoise(), layers.Dense(n_classes, activation="softmax")]
        return keras.Sequential([keras.Input(input_shape), *ends])

    assert network(build, epochs=20).fit(X, Y).score(X, Y) > 0.8


LEARNED = dense((6, 6, 1), 3)
LEARNED.set_weights([np.full_like(weight, 0.01) for weight in LEARNED.get_weights()])
LEARNED.layers[-1].kernel.assign(np.arange(48.0).reshape(16, 3) / 48)


def pretrained(input_shape, n_classes):
    """A network whose hidden layer has learned already."""
    model = dense(input_shape, n_classes)
    model.layers[-2].set_weights(LEARNED.layers[-2].get_weights())
    model.layers[-2].trainable = False
    return model


@pytest.mark.parametrize("standardize", slow_but([True, False], False))
def test_weights_that_the_function_sets_are_kept(standardize):
    for seed in range(2):
        estimator = network(pretrained, standardize=standardize, random_state=seed).fit(X, Y)
        hidden = estimator.model_.layers[-2].get_weights()
        assert_same_weights(hidden, LEARNED.layers[-2].get_weights())
        names = [layer.name for layer in estimator.model_.layers]
        assert ("standardize" in names) == standardize


def test_weights_from_a_file_are_read_for_each_fit(tmp_path):
    path = tmp_path / "a.weights.h5"

    def from_file(input_shape, n_classes):
        model = dense(input_shape, n_classes)
        model.load_weights(path)
        return model

    for value in (0.1, 0.2):
        LEARNED.layers[-2].kernel.assign(np.full((36, 16), value))
        LEARNED.save_weights(path, overwrite=True)
        settings = {"learning_rate": 1e-12, "epochs": 1, "weight_decay": None}
        estimator = network(from_file, **settings).fit(X, Y)
        np.testing.assert_allclose(estimator.model_.layers[-2].kernel, value, rtol=1e-4)


def test_custom_weights_follow_the_random_state():
    class Scale(keras.layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(shape=shape[-1:], initializer="normal", name="factor")

        def call(self, inputs):
            return inputs * self.factor

    def build(input_shape, n_classes):
        model = dense(input_shape, n_classes)
        return (
            keras.Sequential(
                [
                    keras.Input(input_shape),
                    layers.Flatten(),
                    Scale(),
                    *[layers.Dense(n_classes, activation="softmax")],
                ]
            )
            if model
            else None
        )

    first = network(build).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(network(build).fit(X, Y).predict_proba(X), first)
    other = network(build, random_state=1).fit(X, Y).predict_proba(X)
    assert not np.array_equal(other, first)


def drawn(shape, *, dtype=None):
    return keras.random.normal(shape, dtype=dtype, seed=1)


@pytest.mark.parametrize(
    "given", slow_but(["he_normal", "ones", keras.initializers.HeNormal, drawn], "ones", drawn)
)
def test_a_layer_that_keeps_its_initializer_as_keras_takes_it(given):
    class Scores(keras.layers.Layer):
        def build(self, shape):
            self.kernel_initializer = given
            shape = shape[-1], 3
            self.kernel = self.add_weight(shape=shape, initializer=given, name="kernel")

        def call(self, inputs):
            return keras.ops.softmax(inputs @ self.kernel)

    def build(input_shape, n_classes):
        return keras.Sequential([keras.Input(input_shape), layers.Flatten(), Scores()])

    first = network(build).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(network(build).fit(X, Y).predict_proba(X), first)


class TestPrecision:
    def test_convolutions_may_train_in_bfloat16(self):
        estimator = network(residual, precision="bfloat16", epochs=20, learning_rate=0.01)
        assert estimator.fit(X, Y).score(X, Y) > 0.9
        outputs = estimator.model_.predict(X[..., np.newaxis], verbose=0)
        np.testing.assert_allclose(outputs, estimator.predict_proba(X), atol=1e-3)
        assert {layer.compute_dtype for layer in estimator.model_.layers} == {"float32"}
        other = network(residual, precision="float32", epochs=20, learning_rate=0.01).fit(X, Y)
        assert not np.array_equal(other.predict_proba(X), estimator.predict_proba(X))

    def test_models_in_models_predict_in_float32(self):
        import keras

        def nested(input_shape, n_classes):
            layers = keras.layers
            inner = keras.Sequential([layers.Conv2D(3, 3), layers.ReLU()], name="inner")
            outputs = [layers.Flatten(), layers.Dense(n_classes, activation="softmax")]
            return keras.Sequential([keras.Input(input_shape), inner, *outputs])

        estimator = network(nested, precision="bfloat16", epochs=1).fit(X, Y)
        inner = estimator.model_.get_layer("inner")
        assert {layer.compute_dtype for layer in inner.layers} == {"float32"}

    def test_auto_leaves_layers_of_the_users_alone(self, monkeypatch):
        monkeypatch.setattr("skdigits._processor.has_bfloat16", lambda: True)
        policies = {}

        class Plus(keras.layers.Layer):
            def call(self, inputs):
                policies[self.name] = self.compute_dtype
                return inputs + 1

        def build(input_shape, n_classes):
            return keras.Sequential(
                [
                    keras.Input(input_shape),
                    layers.Conv2D(2, 3),
                    Plus(name="plus"),
                    layers.Flatten(),
                    layers.Dense(n_classes, activation="softmax"),
                ]
            )

        network(build).fit(X, Y)
        assert policies == {"plus": "float32"}

    @pytest.mark.parametrize("precision", slow_but(["float32", "bfloat16"], "bfloat16"))
    def test_the_validation_loss_has_the_losses_of_layers_and_weights(self, precision):
        def build(input_shape, n_classes, factor):
            square = keras.regularizers.L2(factor)
            convolution = layers.Conv2D(2, 3, activity_regularizer=square)
            output = layers.Dense(n_classes, activation="softmax", kernel_regularizer=square)
            return keras.Sequential(
                [keras.Input(input_shape), convolution, layers.Flatten(), output]
            )

        settings = {"precision": precision, "epochs": 1, "optimizer": keras.optimizers.SGD(0.0)}
        settings["augmentation"] = None
        plain, other = (
            network(build, build_options={"factor": factor}, **settings).fit(X, Y, X_val=X, y_val=Y)
            for factor in (0.0, 0.1)
        )
        *_, standardize, convolution, _, output = plain.model_.layers
        values = convolution(standardize(X[..., None].astype(np.float32)))
        added = np.square(values).sum() / len(X) + np.square(output.kernel).sum()
        change = other.history_["val_loss"][0] - plain.history_["val_loss"][0]
        assert change == pytest.approx(0.1 * added, rel=1e-3)

    def test_a_sequential_model_keeps_a_call_of_its_own(self):
        def build(input_shape, n_classes):
            output = layers.Dense(n_classes, activation="softmax", bias_initializer=first_is_sure)
            return Halving([keras.Input(input_shape), layers.Flatten(), output])

        def first_is_sure(shape, dtype=None):
            return keras.ops.one_hot(0, shape[0], dtype=dtype) * 1000

        estimator = network(build, epochs=1).fit(X, Y)
        n_classes = len(estimator.classes_)
        expected = (np.eye(n_classes)[0] + 1 / n_classes) / 2
        for copied in (estimator, copy.deepcopy(estimator)):
            np.testing.assert_allclose(copied.predict_proba(X[:1])[0], expected, atol=1e-6)

    def test_a_subclassed_model_has_no_order_of_layers(self):
        with pytest.raises(ValueError, match="functional or sequential"):
            network(subclassed, precision="bfloat16").fit(X, Y)


def test_columns_and_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X.reshape(60, -1)).rename(columns=str)
    estimator = network(epochs=20, learning_rate=0.01).fit(frame, Y)
    assert estimator.image_shape_ == (36,)
    assert estimator.feature_names_in_.tolist() == list(frame.columns)
    assert estimator.score(frame, Y) > 0.9


def halved(input_shape, n_classes):
    """The weights of a layer are bfloat16, not its arithmetic alone."""
    hidden = [layers.Flatten(), layers.Dense(8, activation="relu", dtype="bfloat16")]
    output = layers.Dense(n_classes, activation="softmax", dtype="float32")
    return keras.Sequential([keras.Input(input_shape), *hidden, output])


def test_weights_of_bfloat16_are_kept(tmp_path):
    """numpy's own files do not know the type."""
    estimator = network(halved, epochs=4, checkpoint=tmp_path / "state").fit(X, Y)
    copied = pickle.loads(pickle.dumps(estimator))
    assert_same_weights(weights(copied), weights(estimator))
    np.testing.assert_array_equal(copied.predict_proba(X), estimator.predict_proba(X))
    again = network(halved, epochs=4, checkpoint=tmp_path / "state").fit(X, Y)
    assert_same_weights(weights(again), weights(estimator))


class Weighed(keras.losses.Loss):
    """A user's loss with a weight for each class, which its configuration does not tell."""

    def __init__(self, of_classes):
        super().__init__()
        self.of_classes = of_classes

    def call(self, y_true, y_pred):
        weights = keras.ops.convert_to_tensor(np.asarray(self.of_classes).astype("float32"))
        return -keras.ops.sum(weights * y_true * keras.ops.log(y_pred + 1e-7), axis=-1)


@pytest.mark.parametrize("of_type", slow_but([list, tuple, np.array], np.array))
def test_losses_with_other_numbers_are_others(of_type):
    """Both are fitted with one compiled network only if they are equal."""
    found = [
        network(loss=Weighed(of_type(numbers))).fit(X, Y).predict_proba(X)
        for numbers in ([1.0, 1.0, 1.0], [9.0, 1.0, 1.0], [1.0, 1.0, 1.0])
    ]
    assert (found[0] != found[1]).any()
    np.testing.assert_array_equal(found[0], found[2])


class Costs(keras.losses.Loss):
    """A user's loss whose code needs an array."""

    def __init__(self):
        super().__init__()
        self.costs = 1 - np.eye(3)

    def call(self, y_true, y_pred):
        return keras.ops.sum(keras.ops.matmul(y_true, self.costs.astype("float32")) * y_pred, -1)


def test_a_loss_keeps_the_types_of_its_attributes():
    assert network(loss=Costs(), epochs=20).fit(X, Y).score(X, Y) > 0.5


@pytest.mark.slow
def test_an_average_and_a_transfer():
    average = AveragingClassifier(network(), n_estimators=2, random_state=0).fit(X, Y)
    assert average.predict_proba(X).shape == (60, 3)
    two = Y > 0
    transferred = network(transfer_from=cnn().fit(X, Y)).fit(X, two)
    assert transferred.predict_proba(X).shape == (60, 2)
    onto = cnn(transfer_from=network(residual).fit(X, Y)).fit(X, two)
    assert onto.predict_proba(X).shape == (60, 2)


def test_displays_look_into_it():
    estimator = network(residual).fit(X, Y)
    assert SaliencyDisplay.from_estimator(estimator, X[0]).saliency.shape[:2] == (6, 6)
    assert len(FirstLayerDisplay.from_estimator(estimator).filters) == 4


WORKER = """
import sys, pickle
sys.path.insert(0, sys.argv[2])
estimator, X, expected = pickle.load(open(sys.argv[1], "rb"))
assert (estimator.predict_proba(X) == expected).all()
"""


@pytest.mark.slow
def test_a_fresh_process_predicts_the_same(tmp_path):
    import os

    estimator = network(residual).fit(X, Y)
    with open(tmp_path / "a.pkl", "wb") as file:
        pickle.dump((estimator, X, estimator.predict_proba(X)), file)
    run_python(WORKER, tmp_path / "a.pkl", os.path.dirname(__file__))


OUTSIDE = dense((6, 6, 1), 3)


@pytest.mark.skipif(TAKES_PUBLIC_WAYS, reason="no public way tells when a variable was made")
def test_layers_that_were_made_elsewhere_are_refused_unless_they_are_frozen():
    with pytest.raises(ValueError, match=r"made before it, such as .*transfer_from"):
        network(lambda shape, n: OUTSIDE).fit(X, Y)
    base = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(8)])
    base.trainable = False
    before = base.get_weights()

    def build(input_shape, n_classes):
        head = layers.Dense(n_classes, activation="softmax")
        return keras.Sequential([keras.Input(input_shape), base, head])

    for seed in range(2):
        estimator = network(build, random_state=seed, precision="float32").fit(X, Y)
        assert_same_weights(base.get_weights(), before)
        assert_same_weights(weights(estimator)[2:4], before)


@pytest.mark.skipif(TAKES_PUBLIC_WAYS, reason="no public way tells when a variable was made")
def test_layers_that_were_made_elsewhere_keep_their_precision(monkeypatch):
    monkeypatch.setattr("skdigits._processor.has_bfloat16", lambda: True)
    base = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.ReLU()])
    base.trainable = False

    def build(input_shape, n_classes):
        head = [layers.Flatten(), layers.Dense(n_classes, activation="softmax")]
        return keras.Sequential([keras.Input(input_shape), base, *head])

    network(build, epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match="would change layers that were made before"):
        network(build, precision="bfloat16").fit(X, Y)
    assert {layer.compute_dtype for layer in base.layers} == {"float32"}


def test_layers_as_options_keep_their_weights():
    norm = layers.Normalization(axis=None)
    norm.adapt(X[..., np.newaxis])

    def build(input_shape, n_classes, norm=None):
        output = layers.Dense(n_classes, activation="softmax")
        return keras.Sequential([keras.Input(input_shape), norm, layers.Flatten(), output])

    estimator = network(build, build_options={"norm": norm}, standardize=False).fit(X, Y)
    np.testing.assert_allclose(float(norm.mean.numpy().squeeze()), X.mean(), rtol=1e-4)
    outputs = estimator.model_.predict(X[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(outputs, estimator.predict_proba(X), atol=1e-4)


ACTIVATION = "relu"


def by_activation(input_shape, n_classes):
    return dense(input_shape, n_classes, activation=ACTIVATION)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_whose_network_has_become_another_is_refused(way, monkeypatch):
    estimator = network(by_activation).fit(X, Y)
    expected = estimator.predict_proba(X)
    is_copy = way == "deepcopy"
    twin = copy.deepcopy(estimator) if is_copy else pickle.loads(pickle.dumps(estimator))
    monkeypatch.setattr("test_network_classifier.ACTIVATION", "tanh")
    with pytest.raises(ValueError, match="gives another network than when the classifier was"):
        twin.predict_proba(X)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected)


@pytest.mark.slow
def test_a_builder_that_reads_files_or_imports_is_called_for_each_fit(monkeypatch, tmp_path):
    path = tmp_path / "units"

    def by_file(input_shape, n_classes):
        with open(path) as file:
            return dense(input_shape, n_classes, units=int(file.read()))

    def by_import(input_shape, n_classes):
        import test_network_classifier

        return dense(input_shape, n_classes, units=test_network_classifier.UNITS)

    for build in (by_file, by_import):
        sizes = []
        for units in (3, 5):
            path.write_text(str(units))
            monkeypatch.setattr("test_network_classifier.UNITS", units)
            sizes.append(network(build).fit(X, Y).n_parameters_)
        assert sizes[0] < sizes[1]


def test_a_network_that_is_not_standardised_gets_the_numbers_as_they_are():
    columns = 10_000_000 + np.arange(60.0)[:, np.newaxis] * [1.0, 0.5]
    estimator = network(standardize=False, epochs=1, learning_rate=1e-9).fit(columns, Y)
    assert estimator.offset_.tolist() == [0, 0]
    assert network().fit(columns, Y).offset_.min() >= 10_000_000


def test_whole_numbers_as_an_embedding_takes_them():
    def build(input_shape, n_classes):
        output = layers.Dense(n_classes, activation="softmax")
        inputs = keras.Input(input_shape, dtype="int32")
        return keras.Sequential([inputs, layers.Embedding(8, 4), layers.Flatten(), output])

    columns = np.stack([Y, (Y + 1) % 3], axis=1)
    estimator = network(build, standardize=False, epochs=40, learning_rate=0.02).fit(columns, Y)
    assert estimator.score(columns, Y) == 1


def test_hints():
    with pytest.raises(TypeError, match=r"build_options={'units': ...}"):
        network(build_options__units=3)
    with pytest.raises(ValueError, match="ndim") as caught:
        network(residual).fit(X.reshape(60, -1), Y)
    assert any("set image_shape" in note for note in caught.value.__notes__)


def test_a_network_that_gets_pixels_as_they_are_takes_huge_ones():
    def build(shape, n_classes):
        layers = keras.layers
        scaled = [keras.Input(shape), layers.Flatten(), layers.Rescaling(1e-20)]
        return keras.Sequential([*scaled, layers.Dense(n_classes, activation="softmax")])

    X, y = digits()
    huge = X.astype(np.float32) * 1e18
    fitted = NetworkClassifier(build, standardize=False, epochs=1, random_state=0).fit(huge, y)
    assert fitted.partial_fit(huge, y).n_iter_ == 2
    with pytest.raises(ValueError, match="too large to standardise"):
        NetworkClassifier(build, epochs=1).fit(huge, y)


class Noise(keras.layers.Layer):
    """A user's augmentation, which draws random numbers."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.numbers = keras.random.SeedGenerator()

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x), stddev=self.size, seed=self.numbers)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


class Drawn(keras.initializers.Initializer):
    """A user's initializer, which draws random numbers."""

    def __init__(self, size):
        self.size = size

    def __call__(self, shape, dtype=None):
        return keras.random.normal(shape, stddev=self.size, dtype=dtype)

    def get_config(self):
        return {"size": self.size}


class Logged(keras.losses.Loss):
    """A user's loss, which uses an object of another package."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def call(self, y_true, y_pred):
        logging.getLogger("own").debug("traced")
        return self.size * keras.losses.categorical_crossentropy(y_true, y_pred)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("augmentation", Noise), ("kernel_initializer", Drawn), ("loss", Logged)],
)
def test_training_goes_on_with_the_users_objects_and_with_no_others(name, kind):
    X, y = digits()
    estimator = mlp(**{name: kind(0.1)}).partial_fit(X, y)
    assert estimator.partial_fit(X, y).n_iter_ == 2
    assert estimator.set_params(**{name: kind(0.1)}).partial_fit(X, y).n_iter_ == 3
    with pytest.raises(ValueError, match=f"cannot go on with another '{name}'"):
        estimator.set_params(**{name: kind(0.2)}).partial_fit(X, y)
