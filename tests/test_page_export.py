"""What can be written as a page, and what is refused."""

import sys

import numpy as np
import pytest
from page import X, Y
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from support import SMALL, cnn, mlp, slow_but

from skdigits import MLPClassifier, NetworkClassifier, export
from skdigits.preprocessing import DigitNormalizer

ROWS = np.repeat(X.reshape(60, -1), 2, axis=1)[:, :64]  # as many columns as an image of 8 x 8 has


def two_channels():
    images = np.stack([X, X], axis=-1)
    return cnn(epochs=1).fit(images, Y)


def residual(input_shape, n_classes):
    import keras

    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Add(name="sum")([x, x])
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))


def isotonic():
    return CalibratedClassifierCV(FrozenEstimator(mlp().fit(X, Y)), method="isotonic").fit(X, Y)


class Doubled(StandardScaler):
    def transform(self, X, copy=None):
        return 2 * super().transform(X, copy)


class Inverted(DigitNormalizer):
    def transform(self, X):
        return 255 - super().transform(X)


class Turned(MLPClassifier):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


REFUSED = {
    "A page cannot hold Doubled": lambda: make_pipeline(Doubled(), mlp()).fit(ROWS, Y),
    "A page cannot hold Inverted": lambda: make_pipeline(Inverted(), mlp()).fit(X, Y),
    "A page cannot hold Turned": lambda: Turned(**SMALL).fit(X, Y),
    "DummyClassifier": lambda: DummyClassifier().fit(ROWS, Y),
    "FunctionTransformer": lambda: make_pipeline(FunctionTransformer(), mlp()).fit(ROWS, Y),
    "MinMaxScaler with clip=True": lambda: make_pipeline(MinMaxScaler(clip=True), mlp()).fit(
        ROWS, Y
    ),
    "method='isotonic'": isotonic,
    "1 or 3 channels; this model takes 2": two_channels,
    "fitted on 48 columns": lambda: mlp().fit(X.reshape(60, -1), Y),
    "'sum', a Add": lambda: NetworkClassifier(residual, epochs=1).fit(X, Y),
}


QUICK_REFUSED = [name for name in REFUSED if "Inverted" not in name]  # as "Doubled"


@pytest.mark.parametrize("message", slow_but(REFUSED, *QUICK_REFUSED))
def test_what_is_refused_is_named(tmp_path, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        export(REFUSED[message](), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_options(tmp_path):
    model = mlp().fit(X, Y)
    with pytest.raises(ValueError, match="weights must be 'float16' or 'float32'; got 'int8'"):
        export(model, tmp_path / "page.html", weights="int8")
    with pytest.raises(ValueError, match="'quantize' is not for files of"):
        export(model, tmp_path / "page.html", quantize="int8")


def test_rounding_that_changes_probabilities_is_refused(tmp_path):
    model = mlp(hidden_layer_sizes=(2000,), epochs=1).fit(X, Y)
    kernel = model.model_.weights[-2]
    kernel.assign(kernel + 3000)  # the same for all classes; the numbers next to it are 2 away
    with pytest.raises(ValueError, match="weights='float32'"):
        export(model, tmp_path / "page.html")
    export(model, tmp_path / "page.html", weights="float32")


def test_the_page_is_small(tmp_path, reader):
    for weights, n_bytes in [("float16", 2), ("float32", 4)]:
        path = export(reader, tmp_path / "page.html", weights=weights)
        n_weights = reader.model_.count_params()
        assert path.stat().st_size <= 1.4 * n_bytes * n_weights + 100_000


def test_what_is_not_installed_is_named(tmp_path, reader, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for name in ("skdigits._pages", "skdigits._drawing_page"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ImportError, match=r'pip install "skdigits\[cli\]"'):
        export(reader, tmp_path / "page.html")
