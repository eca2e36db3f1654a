"""With AVX2 a network trains by oneDNN's operations, and learns what Keras's let it learn."""

import os

import keras
import numpy as np
import pytest
from support import digits
from tensorflow.python.framework import op_def_library

from skdigits import NetworkClassifier, _private_names, _processor
from skdigits.training import _onednn

HAS_ONEDNN = _private_names.WAYS["onednn_operations"][0]() is not None
needs_onednn = pytest.mark.skipif(not HAS_ONEDNN, reason="TensorFlow has no oneDNN here")


class KerasConvolution(keras.layers.Conv2D):
    """The layer itself; as a subclass, it always computes by Keras's operations."""


class KerasPooling(keras.layers.MaxPooling2D):
    """The same for a layer of pooling."""


class KerasNormalization(keras.layers.BatchNormalization):
    """The same for a layer of batch normalisation."""


LAYERS = {
    "plain": (keras.layers.Conv2D, keras.layers.MaxPooling2D, keras.layers.BatchNormalization),
    "keras": (KerasConvolution, KerasPooling, KerasNormalization),
}


def build(input_shape, n_classes, *, kind, convolution=(), pooling=()):
    """Return a small network of these layers; the first convolution is as in most networks."""
    conv, pool, normalization = LAYERS[kind]
    inputs = keras.Input(input_shape)
    x = conv(4, 3, padding="same", activation="relu")(inputs)
    x = pool(**dict(pooling))(x)
    x = conv(**{"filters": 6, "kernel_size": 3, **dict(convolution)})(x)
    x = keras.layers.Activation("relu")(normalization(momentum=0.8)(x))
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))


@pytest.fixture
def added(monkeypatch):
    """Make the processor one with AVX2 and nothing newer; return what a fit adds."""
    monkeypatch.setattr(_processor, "flags", lambda: {"avx2"})
    monkeypatch.setattr(_processor, "told_onednn", lambda: None)
    names, apply = [], op_def_library.apply_op
    monkeypatch.setattr(
        op_def_library,
        "apply_op",
        lambda *each, **given: names.append(*each) or apply(*each, **given),
    )
    _onednn._operations.cache_clear()
    yield names
    _onednn._operations.cache_clear()


def fitted(kind, side=28, **options):
    X, y = (each[:97] for each in digits())
    classifier = NetworkClassifier(
        build,
        build_options={"kind": kind, **options},
        epochs=2,
        batch_size=8,  # the last batch has one image
        optimizer="sgd",
        learning_rate=0.01,
        augmentation=None,
        precision="float32",
        random_state=0,
    )
    return classifier.fit(X[:, :side, :], y), X[:, :side, :]


@needs_onednn
@pytest.mark.precision
@pytest.mark.parametrize(
    ("side", "options"),
    [
        (28, {"convolution": (("dilation_rate", 2), ("kernel_size", (3, 2)))}),
        (
            25,
            {
                "pooling": (("pool_size", 3), ("strides", 2), ("padding", "same")),
                "convolution": (("strides", 2), ("padding", "same"), ("use_bias", False)),
            },
        ),
        (27, {"convolution": (("strides", (2, 3)), ("kernel_size", 1))}),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in [
                (28, {}),
                (25, {"pooling": (("pool_size", 3), ("strides", 2), ("padding", "same"))}),
                (27, {"pooling": (("pool_size", (2, 1)),)}),
                (28, {"convolution": (("strides", 2), ("padding", "same"), ("use_bias", False))}),
                (28, {"convolution": (("strides", 3), ("kernel_size", 1), ("padding", "same"))}),
            ]
        ),
    ],
)
def test_the_weights_are_those_of_keras_operations(added, side, options):
    (one, X), (other, _) = fitted("plain", side, **options), fitted("keras", side, **options)
    assert {name for name in added if name.startswith("_Mkl")} - {"_MklNativeConv2D"} == {
        "_MklNativeConv2DWithBias",
        "_MklNativeConv2DBackpropFilter",
        "_MklNativeConv2DBackpropInput",
        "_MklNativeFusedBatchNormGradV3",
        "_MklNativeFusedBatchNormV3",
        "_MklNativeMaxPool",
        "_MklNativeMaxPoolGrad",
    }
    for weight, expected in zip(one.model_.weights, other.model_.weights, strict=True):
        np.testing.assert_allclose(weight, expected, rtol=2e-3, atol=1e-4, err_msg=weight.path)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=2e-3)


@needs_onednn
def test_a_convolution_in_groups_is_left_to_tensorflow(added):
    fitted("plain", convolution=(("groups", 2),))
    assert added.count("_MklNativeConv2DWithBias") == added.count("_MklNativeMaxPool") > 0


@needs_onednn
def test_the_environment_turns_it_off(added, monkeypatch):
    monkeypatch.setattr(_processor, "told_onednn", lambda: False)
    fitted("plain", convolution=(("filters", 5),))
    assert added == []


@needs_onednn
@pytest.mark.parametrize("instructions", ["avx512_vnni", "avx512_bf16"])
def test_tensorflow_uses_it_by_itself_on_newer_processors(added, monkeypatch, instructions):
    monkeypatch.setattr(_processor, "flags", lambda: {"avx2", instructions})
    fitted("plain", convolution=(("filters", 7),))
    assert added == []


@pytest.mark.skipif(
    os.environ.get("SKDIGITS_TEST_BFLOAT16") == "no", reason="tests/processor answers in its place"
)
@pytest.mark.parametrize(
    ("value", "told"),
    [(None, None), ("", None), ("0", False), ("FALSE", False), ("1", True), ("true", True)],
)
def test_what_the_environment_says(monkeypatch, value, told):
    if value is None:
        monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    else:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", value)
    assert _processor.told_onednn() is told
