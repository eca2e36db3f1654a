"""Batch normalisation as one operation trains as Keras's own formula does."""

import keras
import numpy as np
import pytest
from support import cnn, digits

from skdigits import NetworkClassifier


class KerasFormula(keras.layers.BatchNormalization):
    """The layer itself; as a subclass, it always computes by Keras's formula."""


LAYERS = {"keras": keras.layers.BatchNormalization, "formula": KerasFormula}


def build(input_shape, n_classes, *, kind="keras", options=()):
    """Return a small network whose batch normalisation is of the class with this name."""
    normalization = LAYERS[kind]
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(4, 5, strides=8)(inputs)
    x = keras.layers.Activation("relu")(normalization(momentum=0.8, **dict(options))(x))
    x = keras.layers.Dense(8)(keras.layers.Flatten()(x))
    x = normalization(gamma_initializer=keras.initializers.Constant(2))(x)
    x = normalization()(keras.layers.Reshape((4, 2))(x))
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))


def fitted(kind, options=(), n_images=99, **parameters):
    X, y = (each[:n_images] for each in digits())
    classifier = NetworkClassifier(
        build,
        build_options={"kind": kind, "options": options},
        epochs=1,
        batch_size=4,  # the last batch has 3 images
        optimizer="sgd",
        learning_rate=0.002,
        augmentation=None,
        precision="float32",
        random_state=0,
    )
    return classifier.set_params(**parameters).fit(X, y), X


@pytest.mark.precision
@pytest.mark.parametrize(
    "options",
    [
        (),
        (("epsilon", 0.5),),
        pytest.param((("epsilon", 1e-6),), marks=pytest.mark.slow),  # too small for the operation
        pytest.param((("scale", False),), marks=pytest.mark.slow),
        pytest.param((("center", False),), marks=pytest.mark.slow),
        (("axis", 1),),
        (("renorm", True), ("renorm_momentum", 0.7)),
    ],
)
def test_the_weights_are_those_of_keras_formula(options):
    (one, X), (formula, _) = fitted("keras", options), fitted("formula", options)
    for weight, expected in zip(one.model_.weights, formula.model_.weights, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=2e-3, atol=1e-4, err_msg=weight.path)
    np.testing.assert_allclose(one.predict_proba(X), formula.predict_proba(X), atol=2e-3)


def test_a_last_batch_of_one_image_leaves_numbers():
    classifier, X = fitted("keras", n_images=97)
    assert np.isfinite(classifier.predict_proba(X)).all()


def test_the_model_is_one_of_keras_layers():
    X, y = digits()
    classifier = cnn(filters=(2,), batch_norm=True, epochs=1).fit(X, y)
    layer = classifier.model_.get_layer("convolution_1_1_normalization")
    assert type(layer) is keras.layers.BatchNormalization
    assert "call" not in vars(layer)
    again = keras.Model.from_config(classifier.model_.get_config())
    again.set_weights(classifier.model_.get_weights())
    np.testing.assert_allclose(
        again(np.float32(X[:5]).reshape(-1, *classifier.image_shape_)),
        classifier.predict_proba(X[:5]),
        atol=1e-5,
    )
