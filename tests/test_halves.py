"""Batches of 64 images and more are trained in halves, where that changes nothing that matters."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import digits, mlp, slow_but

from skdigits import NetworkClassifier

N = 192


@keras.saving.register_keras_serializable()
class Counts(keras.layers.Layer):
    """Knows how many images its last call in a training had."""

    def build(self, shape):
        self.n_images = self.add_weight(shape=(), trainable=False, initializer="zeros")

    def call(self, x, training=False):
        if training:
            self.n_images.assign(keras.ops.cast(keras.ops.shape(x)[0], "float32"))
        return x


@keras.saving.register_keras_serializable()
class Same(keras.layers.Layer):
    """Gives what it gets."""

    def call(self, x):
        return x


def images(n=N):
    X, y = digits()
    return X[:n], y[:n]


def still(**parameters):
    """Return parameters: no learning, so that only what the layers do with a batch is left."""
    settings = {
        "optimizer": keras.optimizers.SGD(0.0),
        "batch_size": 64,
        "epochs": 1,
        "precision": "float32",
        "augmentation": None,
        "random_state": 0,
    }
    return {**settings, **parameters}


def output(n_classes):
    """Return a last layer that knows nothing: fits refuse networks that tell images by others."""
    return keras.layers.Dense(n_classes, activation="softmax", kernel_initializer="zeros")


def network(middle):
    """Return a build function of a small network around `middle`, from an image to features."""

    def build(input_shape, n_classes):
        inputs = keras.Input(input_shape)
        features = middle(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, output(n_classes)(features))

    return build


def dense(x):
    return keras.layers.Dense(16, activation="relu")(x)


def weights_after(middle):
    X, y = images()
    settings = still(optimizer="sgd", learning_rate=0.01, epochs=2)
    model = NetworkClassifier(network(middle), **settings)
    return [each for each in model.fit(X, y).model_.get_weights() if each.ndim]


def test_halves_and_whole_batches_learn_the_same():
    """A layer of the user's own keeps batches whole."""
    halved = weights_after(dense)
    whole = weights_after(lambda x: Same()(dense(x)))
    for one, other in zip(halved, whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        pytest.param("softmax", "categorical_crossentropy", marks=pytest.mark.slow),
        ("softmax", "sparse_categorical_crossentropy"),
        ("sigmoid", "binary_crossentropy"),
        pytest.param("sigmoid", "categorical_crossentropy", marks=pytest.mark.slow),
    ],
)
def test_outputs_that_are_rounded_to_0_and_1_still_learn(activation, loss):
    X, y = images()
    y = np.minimum(y, 1) if loss == "binary_crossentropy" else y
    far = keras.initializers.RandomNormal(stddev=20, seed=0)  # logits of hundreds
    model = mlp(
        hidden_layer_sizes=(),
        kernel_initializer=far,
        output_activation=activation,
        loss=loss,
        **still(optimizer="adam", learning_rate=3.0, epochs=10),
    )
    losses = model.fit(X, y).history_["loss"]
    assert losses[0] > 20  # a logarithm of 1e-7, the least that Keras's losses take, is -16
    assert losses[-1] < losses[0] / 5
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize("n_images", [64, 100])
def test_a_layer_of_ones_own_sees_whole_batches(n_images):
    def middle(x):
        return Counts(name="counts")(dense(x))

    model = NetworkClassifier(network(middle), **still()).fit(*images(n_images))
    assert float(model.model_.get_layer("counts").n_images) == n_images - 64 * (n_images > 64)


def means(x):
    """Return for each image the mean of its batch."""
    return x * 0 + keras.ops.mean(x, axis=0, keepdims=True)


def test_a_layer_of_ones_own_that_augments_sees_each_whole_batch_once():
    """It sees no batch without images after the last one."""
    seen = []

    class Watches(keras.layers.Layer):
        def call(self, x):
            return tf.ensure_shape(tf.numpy_function(self.see, [x], tf.float32), x.shape)

        def see(self, x):
            seen.append(len(x))
            return x

    mlp(batch_size=96, augmentation=Watches(), epochs=2).fit(*images(N))
    assert seen == 4 * [96]


class OfMeans(keras.Model):
    """A model of the user's own class, with all that it needs in its call."""

    def __init__(self, n_classes):
        super().__init__(name="own")
        self.norm = keras.layers.BatchNormalization(momentum=0.0)
        self.out = output(n_classes)

    def call(self, x, training=False):
        return self.out(self.norm(means(keras.ops.reshape(x, (-1, 784))), training=training))

    def get_config(self):
        return {"n_classes": self.out.units}


@pytest.mark.parametrize(
    "kind",
    slow_but(
        ["lambda", "operation", "nested operation", "own class"], "nested operation", "own class"
    ),
)
def test_the_mean_of_a_batch_is_that_of_all_of_its_images(kind):
    def middle(x):
        if kind == "lambda":
            x = keras.layers.Lambda(means)(x)
        elif kind == "operation":
            x = means(x)
        else:
            inner = keras.Input(x.shape[1:])
            x = keras.Model(inner, means(inner))(x)
        return keras.layers.BatchNormalization(momentum=0.0, name="norm")(x)

    def own(input_shape, n_classes):
        model = OfMeans(n_classes)
        model(np.zeros((1, *input_shape)))
        return model

    X, y = images(64)
    build = own if kind == "own class" else network(middle)
    model = NetworkClassifier(build, **still(standardize=False)).fit(X, y).model_
    norm = model.get_layer("own").norm if kind == "own class" else model.get_layer("norm")
    np.testing.assert_allclose(norm.moving_mean, X.reshape(64, -1).mean(axis=0), atol=1e-3)


@pytest.mark.parametrize(
    ("synchronized", "momentum"),
    [
        (False, 0.5),
        (True, 0.9),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in [(False, 0.0), (False, 0.9), (True, 0.0), (True, 0.5)]
        ),
    ],
)
def test_averages_of_batch_normalisation(synchronized, momentum):
    """Both halves count by their images, and move the averages as far as a whole batch does."""
    X, y = images(67)

    def middle(x):
        kind = keras.layers.BatchNormalization
        return kind(momentum=momentum, synchronized=synchronized, name="norm")(x)

    settings = still(standardize=False, batch_size=67)
    layer = NetworkClassifier(network(middle), **settings).fit(X, y).model_.get_layer("norm")
    expected = X.reshape(67, -1).mean(axis=0) * (1 - momentum)
    np.testing.assert_allclose(layer.moving_mean, expected, atol=1e-4)
    assert layer.momentum == momentum


def test_all_averages_of_batch_renormalisation_are_those_of_a_whole_batch():
    X, y = images(64)

    def middle(x):
        kind = keras.layers.BatchNormalization
        return kind(renorm=True, momentum=0.5, renorm_momentum=0.5, name="norm")(x)

    model = NetworkClassifier(network(middle), **still(standardize=False)).fit(X, y)
    found = model.model_.get_layer("norm")
    expected = keras.layers.BatchNormalization(renorm=True, momentum=0.5, renorm_momentum=0.5)
    expected(X.reshape(64, -1).astype(np.float32), training=True)
    for one, other in zip(found.weights, expected.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4, err_msg=one.path)


def test_averages_that_do_not_move_keep_their_bits():
    def middle(x):
        norm = keras.layers.BatchNormalization(
            momentum=1.0,
            moving_mean_initializer=keras.initializers.RandomNormal(seed=0),
            name="norm",
        )
        return norm(x)

    whole, halved = (
        NetworkClassifier(network(middle), **still(batch_size=size)).fit(*images(130)).model_
        for size in (50, 65)
    )
    means = [model.get_layer("norm").moving_mean.numpy() for model in (whole, halved)]
    assert np.ptp(means[0]) > 0.1
    np.testing.assert_array_equal(*means)


def twice(norm, x):
    return keras.layers.Add()([norm(x), norm(keras.layers.Rescaling(2.0)(x))])


NORMALISED = {
    "twice": twice,
    "in sequence": lambda norm, x: norm(norm(x)),
    "inside": lambda norm, x: twice(keras.Sequential([norm]), x),
    "over time": lambda norm, x: keras.layers.TimeDistributed(norm)(
        keras.layers.Reshape((4, 196))(x)
    ),
}


@pytest.mark.parametrize("name", slow_but(NORMALISED, "twice", "over time"))
def test_averages_of_a_layer_that_is_called_several_times(name):
    """With equal images both halves are like the batch, so the averages are Keras's."""
    X = np.repeat(images(1)[0], 64, axis=0)

    def middle(x):
        norm = keras.layers.BatchNormalization(momentum=0.7, name="norm")
        return keras.layers.Flatten()(NORMALISED[name](norm, x))

    def averages(model):
        layers = [layer for layer in model._flatten_layers() if layer.name == "norm"]
        return layers[0].moving_mean, layers[0].moving_variance

    model = NetworkClassifier(network(middle), **still(standardize=False))
    found = averages(model.fit(X, np.arange(64) % 2).model_)
    keras_alone = network(middle)((28, 28, 1), 2)
    keras_alone(X[..., None], training=True)
    for one, other in zip(found, averages(keras_alone), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


SETTINGS = {
    "own activation": lambda: keras.layers.Activation(means),
    "own activation of a dense layer": lambda: keras.layers.Dense(8, activation=means),
    "along the images": lambda: keras.layers.Softmax(axis=0),
    "spectral normalisation": lambda: keras.layers.SpectralNormalization(keras.layers.Dense(8)),
}


@pytest.mark.parametrize("name", slow_but(SETTINGS, *list(SETTINGS)[1:]))
def test_layers_whose_halves_are_not_the_whole(name):
    """With a layer of one's own beside them, which keeps batches whole, the weights are equal."""
    both = [
        weights_after(lambda x: SETTINGS[name]()(keras.layers.UnitNormalization()(x))),
        weights_after(lambda x: Same()(SETTINGS[name]()(keras.layers.UnitNormalization()(x)))),
    ]
    for one, other in zip(*both, strict=True):
        np.testing.assert_array_equal(one, other)


def test_losses_of_layers_are_those_of_all_images():
    """Keras divides the sum of the squares by the number of images."""
    X, y = images(64)

    def loss(factor):
        middle = keras.layers.ActivityRegularization(l2=factor)
        model = NetworkClassifier(network(middle), **still(standardize=False)).fit(X, y)
        return model.history_["loss"][0]

    squares = np.square(X.astype(float)).sum() / 64
    assert loss(1e-6) - loss(0.0) == pytest.approx(1e-6 * squares, rel=1e-3)


def test_a_last_batch_of_two_has_a_variance():
    def middle(x):
        return keras.layers.BatchNormalization(momentum=0.0, name="norm")(x)

    model = NetworkClassifier(network(middle), **still()).fit(*images(66)).model_
    assert model.get_layer("norm").moving_variance.numpy().max() > 0.1


@pytest.mark.parametrize("n_images", slow_but([64, 65, 66, 67, 68, 127, 129, 131], 64, 65, 127))
def test_last_batches_of_every_size(n_images):
    X, y = images(n_images)
    model = mlp(batch_norm=True, batch_size=64, epochs=3).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.history_["loss"][-1] < model.history_["loss"][0]
