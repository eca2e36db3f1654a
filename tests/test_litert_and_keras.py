"""LiteRT and Keras files predict what the classifiers predict."""

import logging
import tempfile
import warnings

import numpy as np
import pandas as pd
import pytest
from ai_edge_litert.interpreter import Interpreter
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support import cnn, dense, mlp, slow_but, tiny

import skdigits
from skdigits import NetworkClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import ImageReshaper, PixelScaler

X, Y = tiny()
ROWS = X.reshape(len(X), -1)
LARGE = np.repeat(np.repeat(X, 3, axis=1), 4, axis=2)  # large enough to move by a pixel


@pytest.fixture(scope="module")
def fitted():
    """Return fitted models by name, with the images that they take."""
    model = cnn(epochs=3, batch_norm=True).fit(X, Y)
    views = mlp(epochs=1, augmentation=("shift", "flip"), test_time_averaging=True)
    steps = make_pipeline(ImageReshaper(), PixelScaler(), mlp(epochs=1))
    return {
        "cnn": (model, X),
        "mlp": (mlp(epochs=1).fit(ROWS, Y), ROWS),
        "frozen": (FrozenEstimator(model), X),
        "views": (views.fit(LARGE, Y), LARGE),
        "average of pipelines": (AveragingClassifier(steps, 2, random_state=0).fit(ROWS, Y), ROWS),
    }


def run(path, images):
    """Return the probabilities that a LiteRT file gives."""
    interpreter = Interpreter(model_path=str(path))
    names = {each["op_name"] for each in interpreter._get_ops_details()}
    assert not any(name.startswith(("Flex", "VAR_HANDLE")) for name in names)
    predict = interpreter.get_signature_runner()
    dtype = predict.get_input_details()["X"]["dtype"]
    return predict(X=images.astype(dtype))["probabilities"]


@pytest.fixture(scope="module")
def large():
    """Return a fitted network most of whose file is weights, and the size of that file."""
    model = mlp(hidden_layer_sizes=(300, 300), epochs=(3, 100)).fit(ROWS, Y)
    with tempfile.TemporaryDirectory() as folder:
        return model, skdigits.export(model, f"{folder}/full.tflite").stat().st_size


NAMES = ["cnn", "mlp", "frozen", "views", "average of pipelines"]


@pytest.mark.parametrize("name", slow_but(NAMES, "cnn", "views", "average of pipelines"))
def test_litert(fitted, name, tmp_path):
    model, images = fitted[name]
    path = skdigits.export(model, tmp_path / "model.tflite")
    for part in (images[:1], images):
        np.testing.assert_allclose(run(path, part), model.predict_proba(part), atol=1e-5)


@pytest.mark.parametrize("quantize", ["float16", "int8"])
def test_quantised(large, quantize, tmp_path):
    model, full = large
    path = skdigits.export(model, tmp_path / "model.tflite", quantize=quantize, images=ROWS)
    assert path.stat().st_size < full * {"float16": 0.6, "int8": 0.35}[quantize]
    found = run(path, ROWS)
    np.testing.assert_allclose(found, model.predict_proba(ROWS), atol=0.1)
    assert np.mean(found.argmax(axis=1) == model.predict(ROWS)) > 0.9


def test_quantisation_that_costs_accuracy_warns(tmp_path):
    import keras

    # all probabilities are nearly the same, and eight bits cannot tell them apart
    tiny_weights = keras.initializers.RandomNormal(0, 1e-4)
    model = mlp(epochs=1, kernel_initializer=tiny_weights, learning_rate=1e-9).fit(ROWS, Y)
    with pytest.warns(UserWarning, match=r"model\.tflite gives \d+ of 60 images another label"):
        skdigits.export(model, tmp_path / "model.tflite", quantize="int8", images=ROWS)


def test_float16_lacks_the_range_of_large_columns(tmp_path):
    columns = ROWS * 1e9
    model = mlp(epochs=(3, 100)).fit(columns, Y)
    with pytest.warns(UserWarning, match="another label.*Scale the values"):
        skdigits.export(model, tmp_path / "model.tflite", quantize="float16")


@pytest.mark.filterwarnings("ignore:model.tflite gives")
def test_images_for_int8_have_the_scale_of_the_training(fitted, tmp_path):
    path = tmp_path / "model.tflite"
    with pytest.warns(UserWarning, match="another scale than that of fit"):
        skdigits.export(fitted["cnn"][0], path, quantize="int8", images=X / 255)
    for alike in (np.zeros_like(X), X[:1]):
        with pytest.raises(ValueError, match=r"several images like those of the training"):
            skdigits.export(fitted["cnn"][0], path, quantize="int8", images=alike)


def test_the_callers_logging_stays_to_be_configured(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])
    for suffix in ("tflite", "keras", "onnx", "html"):
        skdigits.export(fitted["cnn"][0], tmp_path / f"model.{suffix}")
        assert logging.root.handlers == []


def test_what_litert_lacks(fitted, tmp_path):
    def recurrent(input_shape, n_classes):
        import keras

        layers = keras.layers
        rows = [keras.Input(input_shape), layers.Reshape(input_shape[:2])]
        return keras.Sequential([*rows, layers.GRU(3), layers.Dense(n_classes, "softmax")])

    network = NetworkClassifier(recurrent, epochs=1, random_state=0).fit(X, Y)
    scaled = make_pipeline(StandardScaler(), mlp(epochs=1)).fit(ROWS, Y)
    calibrated = CalibratedClassifierCV(fitted["frozen"][0], method="temperature").fit(X, Y)
    columns = mlp(epochs=1).fit(1.7e9 + 50.0 * Y.reshape(-1, 1) + np.arange(60)[:, None], Y)
    for model, message in (
        (network, "has not built in"),
        (scaled, "StandardScaler cannot be written"),
        (calibrated, "CalibratedClassifierCV cannot be written"),
        (columns, "float32"),
    ):
        with pytest.raises(ValueError, match=message):
            skdigits.export(model, tmp_path / "model.tflite")
    with pytest.raises(ValueError, match=r"images=X\[:500\]"):
        skdigits.export(fitted["cnn"][0], tmp_path / "model.tflite", quantize="int8")
    with pytest.raises(ValueError, match="None, 'float16' or 'int8'; got 'int4'"):
        skdigits.export(fitted["cnn"][0], tmp_path / "model.tflite", quantize="int4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quantize", slow_but([None, "float16", "int8"], "float16"))
def test_images_that_float32_can_hold_do_not_hide_what_the_columns_need(quantize, tmp_path):
    columns = np.random.default_rng(0).normal(Y[:, np.newaxis], size=(60, 3))
    far, narrow = (mlp(epochs=1).fit(moved, Y) for moved in (1e5 + columns, 1e-30 * columns))
    assert far.offset_.all()
    assert (narrow.unit_ < 1).all()
    for model in (far, narrow, make_pipeline(FrozenEstimator(far))):
        with pytest.raises(ValueError, match=r"\.tflite file takes .* without .* offset_"):
            skdigits.export(model, tmp_path / "a.tflite", images=columns[:2], quantize=quantize)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("images", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("suffix", ["tflite", "keras"])
def test_names_of_columns_warn_of_nothing(suffix, images, tmp_path):
    frame = pd.DataFrame(ROWS).add_prefix("pixel_")
    model = mlp(epochs=1).fit(frame, Y)
    with warnings.catch_warnings(action="error", category=UserWarning):
        skdigits.export(model, tmp_path / f"model.{suffix}", images=frame if images else None)


@pytest.mark.filterwarnings("ignore:a.tflite gives")
def test_conversions_print_nothing(fitted, tmp_path, capfd):
    model, images = fitted["cnn"]
    skdigits.export(model, tmp_path / "a.tflite", images=images, quantize="int8")
    skdigits.export(model, tmp_path / "a.onnx")
    skdigits.export(model, tmp_path / "a.keras")
    assert capfd.readouterr() == ("", "")


def test_keras_file(fitted, tmp_path):
    import keras

    search = GridSearchCV(NetworkClassifier(dense, random_state=0), {"epochs": [1]}, cv=2)
    for model in (fitted["cnn"][0], search.fit(X, Y)):
        path = skdigits.export(model, tmp_path / "model.keras")
        loaded = keras.models.load_model(path)
        found = np.asarray(loaded(X[..., np.newaxis].astype(np.float32)))
        np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-5)
        assert {layer.dtype_policy.name for layer in loaded.layers} == {"float32"}
        assert not loaded.compiled  # the state of an optimizer would be most of the file


def test_a_keras_file_is_tried_with_a_thousand_images_at_most(tmp_path):
    import keras

    sizes = set()

    class Watched(keras.layers.Flatten):
        def call(self, inputs):
            sizes.add(inputs.shape[0] or 0)
            return super().call(inputs)

    def build(input_shape, n_classes):
        last = keras.layers.Dense(n_classes, activation="softmax")
        return keras.Sequential([keras.Input(input_shape), Watched(), last])

    model = NetworkClassifier(build, epochs=1, random_state=0).fit(X, Y)
    sizes.clear()
    skdigits.export(model, tmp_path / "model.keras", images=np.repeat(X, 20, axis=0))
    assert max(sizes) == 1000


def test_what_a_keras_file_lacks(fitted, tmp_path):
    for name, message in (
        ("average of pipelines", r"in AveragingClassifier.*pipeline\[-1\]"),
        ("views", "test_time_averaging=False"),
    ):
        with pytest.raises(ValueError, match=message):
            skdigits.export(fitted[name][0], tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"whose suffix is \.keras; got 'MODEL\.KERAS'"):
        skdigits.export(fitted["cnn"][0], tmp_path / "MODEL.KERAS")

    def own(input_shape, n_classes):
        import keras

        class Own(keras.layers.Layer):
            def __init__(self, units):
                super().__init__()
                self.dense = keras.layers.Dense(units, activation="softmax")

            def call(self, inputs):
                return self.dense(inputs)

        layers = [keras.Input(input_shape), keras.layers.Flatten(), Own(n_classes)]
        return keras.Sequential(layers)

    network = NetworkClassifier(own, epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="get_config"):
        skdigits.export(network, tmp_path / "model.keras")
    assert list(tmp_path.iterdir()) == []
