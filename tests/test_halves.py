"""Batches of 64 images and more are trained in halves, where that changes nothing that matters."""

import keras
import numpy as np
import pytest
from support import digits, mlp

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


def network(middle):
    """Return a build function of a small network around `middle`, from an image to features."""

    def build(input_shape, n_classes):
        inputs = keras.Input(input_shape)
        features = middle(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(features))

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


@pytest.mark.parametrize("n_images", [64, 100])
def test_a_layer_of_ones_own_sees_whole_batches(n_images):
    def middle(x):
        return Counts(name="counts")(dense(x))

    model = NetworkClassifier(network(middle), **still()).fit(*images(n_images))
    assert float(model.model_.get_layer("counts").n_images) == n_images - 64 * (n_images > 64)


class Centred(keras.Model):
    """A model of the user's own, with all that it needs in its call."""

    def __init__(self, n_classes):
        super().__init__(name="own")
        self.norm = keras.layers.BatchNormalization(momentum=0.0)
        self.out = keras.layers.Dense(n_classes, activation="softmax")

    def call(self, x, training=False):
        x = keras.ops.reshape(x, (-1, 784))
        return self.out(self.norm(x - keras.ops.mean(x, axis=0), training=training))

    def get_config(self):
        return {"n_classes": self.out.units}


def test_a_model_of_ones_own_class_sees_whole_batches():
    def build(input_shape, n_classes):
        model = Centred(n_classes)
        model(np.zeros((1, *input_shape)))
        return model

    layer = NetworkClassifier(build, **still()).fit(*images(64)).model_.get_layer("own").norm
    np.testing.assert_allclose(layer.moving_mean, 0, atol=1e-5)


@pytest.mark.parametrize("kind", ["lambda", "operation", "nested operation"])
def test_the_mean_of_a_batch_is_that_of_all_of_its_images(kind):
    """The moving average of what is 0 for the whole batch stays 0."""

    def centre(x):
        return x - keras.ops.mean(x, axis=0, keepdims=True)

    def middle(x):
        if kind == "lambda":
            x = keras.layers.Lambda(centre)(x)
        elif kind == "operation":
            x = centre(x)
        else:
            inner = keras.Input(x.shape[1:])
            x = keras.Model(inner, centre(inner))(x)
        return keras.layers.BatchNormalization(momentum=0.0, name="norm")(x)

    model = NetworkClassifier(network(middle), **still()).fit(*images(64))
    np.testing.assert_allclose(model.model_.get_layer("norm").moving_mean, 0, atol=1e-5)


@pytest.mark.parametrize("synchronized", [False, True])
def test_averages_of_batch_normalisation(synchronized):
    """Two halves move the averages as far as a whole batch; a synchronised layer sees all of it."""
    X, y = images(64)

    def middle(x):
        kind = keras.layers.BatchNormalization
        return kind(momentum=0.5, synchronized=synchronized, name="norm")(x)

    model = NetworkClassifier(network(middle), **still(standardize=False)).fit(X, y)
    layer = model.model_.get_layer("norm")
    expected = X.reshape(64, -1).mean(axis=0) / 2
    error = np.abs(layer.moving_mean - expected)
    if synchronized:
        assert error.max() < 1e-4
    else:
        assert error.mean() < 0.2 * expected.mean()
    assert layer.momentum == 0.5


def test_losses_of_layers_count_once():
    """All outputs are 1, and so is their squares' mean over images, times the factor 0.5."""

    def middle(x):
        ones = keras.layers.Dense(8, kernel_initializer="zeros", bias_initializer="ones")(x)
        return keras.layers.ActivityRegularization(l2=0.5)(ones)

    X, y = images(64)
    plain = NetworkClassifier(network(lambda x: middle(x) * 1.0), **still()).fit(X, y)
    model = NetworkClassifier(network(middle), **still()).fit(X, y)
    assert model.history_["loss"][0] == pytest.approx(plain.history_["loss"][0], rel=1e-5)
    assert model.history_["loss"][0] > 4


@pytest.mark.parametrize("n_images", [64, 65, 66, 67, 68, 127, 129, 131])
def test_last_batches_of_every_size(n_images):
    X, y = images(n_images)
    model = mlp(batch_norm=True, batch_size=64, epochs=3).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.history_["loss"][-1] < model.history_["loss"][0]
