"""The plain description of a network, and its ONNX nodes, predict what the classifier predicts."""

import numpy as np
import onnxruntime
import pytest
import skl2onnx
from plain_network import predict
from support import BOTH, cnn, dense, mlp, slow_but, tiny

import skdigits.formats  # noqa: F401  (skl2onnx knows our classifiers now)
from skdigits import NetworkClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.formats._describe import UnknownLayerError, describe
from skdigits.formats._layers import ACTIVATIONS

X, Y = tiny(shape=(7, 6), n_classes=3)
FEW = {"batch_size": 60, "random_state": 0, "learning_rate": 0.01, "augmentation": None}


def network(build, **parameters):
    return NetworkClassifier(build, **{"epochs": (1, 1)} | FEW | parameters)


def assert_described(classifier, images=X):
    shaped, wanted = images.reshape(-1, *classifier.image_shape_), classifier.predict_proba(images)
    np.testing.assert_allclose(predict(describe(classifier), shaped), wanted, atol=1e-5)
    content = skl2onnx.to_onnx(classifier, images[:1], target_opset=17).SerializeToString()
    found = onnxruntime.InferenceSession(content).run(["probabilities"], {"X": images})[0]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("make", slow_but(BOTH, cnn))
@pytest.mark.parametrize("precision", slow_but(["float32", "bfloat16"], "bfloat16"))
def test_our_networks(make, precision):
    options = {"batch_norm": True, "dropout": 0.2, "precision": precision}
    assert_described(make(epochs=3, **options).fit(X, Y))


@pytest.mark.parametrize(
    "parameters",
    [
        {"filters": ((2, 3), 4), "kernel_size": (2, 3), "pool_size": (1, 2)},  # "valid" and "same"
        pytest.param(
            {"filters": (2, 3), "kernel_size": 4, "pool_size": 2, "hidden_layer_sizes": ()},
            marks=pytest.mark.slow,
        ),
        {"image_shape": (42,), "filters": (3,)},
    ],
)
def test_shapes_of_convolutions(parameters):
    images = X.reshape(60, -1) if "image_shape" in parameters else X
    assert_described(cnn(epochs=1, **parameters).fit(images, Y), images)


def test_colours():
    colours = np.stack([X, 255 - X], axis=-1)
    assert_described(cnn(epochs=1).fit(colours, Y), colours)


def test_columns_far_from_zero():
    rng = np.random.default_rng(0)
    columns = 1.7e9 + rng.integers(0, 100, (60, 4)) * Y[:, np.newaxis]
    classifier = mlp().fit(columns, Y)
    assert describe(classifier).offset.min() > 1e9
    assert_described(classifier, columns)


@pytest.mark.parametrize("name", slow_but(ACTIVATIONS, "leaky_relu", "gelu"))
def test_activations(name):
    values = np.linspace(-9, 9, 40, dtype=np.float32).reshape(10, 4)
    classifier = mlp(epochs=1, activation=name, hidden_layer_sizes=(8,))
    assert_described(classifier.fit(values, np.arange(10) % 2), values)


ACTIVATION_LAYERS = {
    "LeakyReLU": {"negative_slope": 0.3},
    "ELU": {"alpha": 0.5},
    "ReLU": {"max_value": 6},
}


@pytest.mark.parametrize("name", slow_but(ACTIVATION_LAYERS, "ReLU"))
def test_activation_layers(name):
    import keras

    layer = getattr(keras.layers, name)(**ACTIVATION_LAYERS[name])
    assert_described(mlp(epochs=1, activation=layer).fit(X, Y))


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("softmax", "auto"),
        ("sigmoid", "auto"),  # their logits count
        pytest.param("sigmoid", "binary_crossentropy", marks=pytest.mark.slow),
        ("relu", "mse"),  # rows of zeros
        pytest.param("softplus", "kl_divergence", marks=pytest.mark.slow),
        pytest.param("softmax", "mse", marks=pytest.mark.slow),
    ],
)
def test_what_a_probability_is(activation, loss):
    assert_described(mlp(output_activation=activation, loss=loss, learning_rate=0.1).fit(X, Y))


ONE_KIND_OF_VIEWS = [("shift", 5), ("flip", 2), ("erase", 1)]


def test_logits():
    import keras

    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    assert_described(mlp(output_activation="linear", loss=loss).fit(X, Y))


@pytest.mark.parametrize(
    ("augmentation", "n_views"),
    [
        (("affine", "flip"), 10),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in ONE_KIND_OF_VIEWS),
    ],
)
def test_views(augmentation, n_views):
    images = np.repeat(np.repeat(X, 3, axis=1), 4, axis=2)  # large enough to move by a pixel
    parameters = {"augmentation": augmentation, "test_time_averaging": True, "epochs": 1}
    classifier = cnn(**parameters).fit(images, Y)
    assert len(describe(classifier).views) == n_views
    assert_described(classifier, images)


def test_members_of_an_average_keep_one_model(builds):
    average = AveragingClassifier(cnn(epochs=1), n_estimators=2, random_state=0).fit(X, Y)
    n_built = len(builds)
    described = [describe(member) for member in average.estimators_]
    assert all(member._network.is_suspended for member in average.estimators_)
    assert len(builds) == n_built
    found = np.mean([predict(network, X[..., np.newaxis]) for network in described], axis=0)
    np.testing.assert_allclose(found, average.predict_proba(X), atol=1e-5)


def test_transferred_networks():
    import keras

    assert_described(cnn(epochs=1, transfer_from=cnn(epochs=1).fit(X, Y)).fit(X, Y))
    inputs = keras.Input((7, 6))
    small = keras.initializers.RandomNormal(0, 1e-3, seed=0)  # for pixels up to 180
    hidden = keras.layers.Dense(5, kernel_initializer=small)(keras.layers.Flatten()(inputs))
    body = keras.Model(inputs, keras.layers.Dense(2)(hidden))  # it becomes a model in the model
    assert_described(cnn(epochs=1, transfer_from=body).fit(X, Y))


def test_networks_of_a_function():
    def build(input_shape, n_classes):
        import keras

        layers = keras.layers
        return keras.Sequential([
            keras.Input(input_shape),
            layers.Rescaling([0.5], 0.1),
            layers.GaussianNoise(0.1),
            layers.Conv2D(3, 2, strides=2, padding="same", activation="gelu", use_bias=False),
            layers.BatchNormalization(axis=3, center=False),
            layers.MaxPooling2D(3, strides=1, padding="same"),
            layers.AveragePooling2D(2, strides=1, padding="same"),
            keras.Sequential([layers.Conv2D(4, (3, 2), padding="same"), layers.Activation("tanh")]),
            layers.Reshape((-1, 3, 2)),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.GlobalMaxPooling2D(),
            layers.Dense(n_classes),
            layers.Softmax(),
        ])  # fmt: skip

    assert_described(network(build).fit(X, Y))
    assert_described(network(dense, standardize=False).fit(X, Y))


def residual(inputs, layers):
    x = layers.Conv2D(3, 3, padding="same", name="first")(inputs)
    return layers.Flatten()(layers.Add(name="sum")([x, layers.Conv2D(3, 1)(inputs)]))


def added(inputs, layers):
    x = layers.Flatten()(inputs)
    return layers.Dense(5)(x) + layers.Dense(5)(x)


def recurrent(inputs, layers):
    return layers.GRU(3, name="memory")(layers.Reshape((7, 6))(inputs))


def own_function(inputs, layers):
    return layers.Dense(4, activation=lambda x: x * x, name="square")(layers.Flatten()(inputs))


def own_layer(inputs, layers):
    class Doubled(layers.Dense):
        def call(self, inputs):
            return 2 * super().call(inputs)

    return Doubled(3, name="twice")(layers.Flatten()(inputs))


def own_call(inputs, layers):
    import keras

    class Residual(keras.Sequential):
        def call(self, inputs, **options):
            return inputs + super().call(inputs, **options)

    return Residual([layers.Dense(42)], name="beside")(layers.Flatten()(inputs))


def flat_channels_first(inputs, layers):
    x = layers.Conv2D(2, 3)(inputs)
    return layers.Flatten(data_format="channels_first", name="flat")(x)


def pooled_channels_first(inputs, layers):
    x = layers.Conv2D(2, 3)(inputs)
    return layers.GlobalAveragePooling2D(data_format="channels_first", name="mean")(x)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (flat_channels_first, "'flat', a Flatten with channels first"),
        pytest.param(
            pooled_channels_first,
            "'mean', a GlobalAveragePooling2D with channels first",
            marks=pytest.mark.slow,
        ),
        (residual, "'sum'"),
        pytest.param(added, "'add", marks=pytest.mark.slow),
        pytest.param(recurrent, "'memory', a GRU", marks=pytest.mark.slow),
        (own_function, "'square', a Dense with the activation '<lambda>'"),
        pytest.param(own_layer, "'twice', a Doubled", marks=pytest.mark.slow),
        (own_call, "'beside', a Residual whose `call` may do anything"),
    ],
)
def test_other_layers_are_named(body, named):
    def build(input_shape, n_classes):
        import keras

        inputs = keras.Input(input_shape)
        outputs = keras.layers.Dense(n_classes, activation="softmax")(body(inputs, keras.layers))
        return keras.Model(inputs, outputs)

    classifier = network(build).fit(X, Y)
    with pytest.raises(UnknownLayerError, match=named) as raised:
        describe(classifier)
    assert "Only a chain of these layers" in str(raised.value)


def test_the_classifier_does_not_change():
    classifier = cnn(epochs=1).fit(X, Y)
    before, model = classifier.predict_proba(X), classifier._network.compiled
    describe(classifier)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    assert not model.lent_out
