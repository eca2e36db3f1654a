"""The page predicts what the model predicts, in a real browser."""

import base64
import json

import numpy as np
import pytest
from page import X, Y, answer, colour_network, draw, predicted, set_pen, show
from plain_network import FUNCTIONS
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from support import cnn, mlp, slow_but

from benchmarks.drawn_digits.strokes import pen_paths
from skdigits import CNNClassifier, NetworkClassifier, export
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist
from skdigits.ensemble import AveragingClassifier
from skdigits.formats._layers import ACTIVATIONS
from skdigits.preprocessing import ImageReshaper, PixelScaler

ROWS = np.repeat(X.reshape(60, -1), 2, axis=1)[:, :64]  # as many columns as an image of 8 x 8 has


def many_layers(input_shape, n_classes):
    import keras

    layers = keras.layers
    return keras.Sequential([
        keras.Input(input_shape),
        layers.Conv2D(3, (2, 3), strides=2, padding="same", activation="elu"),
        layers.MaxPooling2D(3, strides=1, padding="same"),
        layers.AveragePooling2D(2, strides=1, padding="same"),
        layers.Conv2D(5, 2, activation="gelu"),
        layers.Reshape((-1, 5)),
        layers.Dense(4, activation="tanh"),  # along the last axis of several
        layers.Softmax(),
        layers.Flatten(),
        layers.Dense(n_classes, activation="sigmoid"),
    ])  # fmt: skip


def searched():
    pipeline = make_pipeline(ImageReshaper(), PixelScaler(), "passthrough", cnn(epochs=1))
    return GridSearchCV(pipeline, {"cnnclassifier__filters": [(2,)]}, cv=2).fit(ROWS, Y), ROWS


def calibrated():
    average = AveragingClassifier(mlp(epochs=1), n_estimators=2, random_state=0).fit(X, Y)
    found = CalibratedClassifierCV(FrozenEstimator(average), method="temperature").fit(X, Y)
    return found, X


def with_views():
    images = np.repeat(np.repeat(X, 3, axis=1), 4, axis=2)
    options = {"augmentation": ("affine", "flip"), "test_time_averaging": True}
    return cnn(epochs=1, **options).fit(images, Y), images


def far_from_zero():
    columns = 1.7e9 + 100.0 * ROWS[:, :16] * (1 + Y[:, np.newaxis])
    return mlp().fit(columns, Y), columns


MODELS = {
    "columns far from zero": far_from_zero,
    "columns": lambda: (mlp(batch_norm=True).fit(ROWS, Y), ROWS),
    "colours": colour_network,
    "scaled columns": lambda: (make_pipeline(StandardScaler(), mlp()).fit(ROWS, Y), ROWS),
    "scaled to a range": lambda: (
        make_pipeline(MinMaxScaler((-1, 1)), ImageReshaper(), cnn(epochs=1)).fit(ROWS, Y),
        ROWS,
    ),
    "search": searched,
    "calibrated average": calibrated,
    "views": with_views,
    "layers": lambda: (
        NetworkClassifier(many_layers, loss="binary_crossentropy", epochs=1).fit(X, Y),
        X,
    ),
}


@pytest.mark.parametrize(
    "name",
    slow_but(MODELS, "columns far from zero", "search", "calibrated average", "layers"),
)
def test_probabilities(browser, tmp_path, name):
    model, images = MODELS[name]()
    for weights, tolerance in [("float32", 1e-5), ("float16", 1e-3)]:
        show(browser, export(model, tmp_path / "page.html", weights=weights))
        assert browser.errors == []
        np.testing.assert_allclose(
            predicted(browser, images), model.predict_proba(images), atol=tolerance
        )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(page, name):
    values = np.concatenate([np.linspace(-9, 9, 61), [-800, 800]])
    layer = json.dumps({"kind": "Activation", "name": name, "alpha": 0.3})
    tensor = f"{{ data: Float64Array.from({values.tolist()}), shape: [{len(values)}] }}"
    found = page.run(f"Array.from(makeLayer({layer})({tensor}).data, String)")
    with np.errstate(over="ignore"):
        wanted = FUNCTIONS[name](values, 0.3)
    np.testing.assert_allclose(np.array(found, float), wanted, rtol=1e-6, atol=1e-6)


def test_large_scores_and_rows_of_zeros(page):
    run = "(kind, data) => Array.from(makeLayer({ kind })({ data, shape: [2] }).data)"
    assert page.run(f"({run})('Softmax', [1000, -1000])") == [1, 0]
    assert page.run(f"({run})('DivideBySum', [0, 0])") == [0.5, 0.5]


def test_weights_of_16_bits(page):
    halves = np.arange(1 << 16, dtype=np.uint16)
    halves = halves[np.isfinite(halves.view(np.float16))]
    found = page.run(f"Array.from(fromHalf(Uint16Array.from({halves.tolist()})))")
    np.testing.assert_array_equal(found, halves.view(np.float16).astype(float))


def test_old_browsers_decode_the_weights(page):
    content = np.random.default_rng(0).bytes((1 << 20) + 2)
    text = base64.b64encode(content).decode()
    page.run(f"window.text = {text!r}; window.fast = decodeBase64(text); 0")
    page.run("Uint8Array.fromBase64 = undefined; 0")
    same = "decodeBase64(text).every((x, i) => x === fast[i]) && fast.length"
    assert page.run(same) == len(content)


@pytest.fixture(scope="module", params=["mnist", "fashion"])
def default_network(request, data_folder):
    """Return the default CNN, fitted on a full set, its test images and their labels."""
    fetch = {"mnist": fetch_mnist, "fashion": fetch_fashion_mnist}[request.param]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKDIGITS_DATA", str(data_folder))
        classifier = CNNClassifier(random_state=0).fit(*fetch(return_X_y=True))
        return classifier, *fetch(subset="test", return_X_y=True)


@pytest.mark.slow
def test_a_thousand_test_images(browser, default_network, tmp_path):
    model, images, _ = default_network
    wanted = model.predict_proba(images[:1000])
    for weights, tolerance in [("float16", 1e-3), ("float32", 1e-5)]:
        path = export(model, tmp_path / "page.html", weights=weights, images=images[:1000])
        n_bytes = model.model_.count_params() * int(weights[-2:]) // 8
        assert path.stat().st_size <= 1.4 * n_bytes + 100_000
        show(browser, path)
        found = [predicted(browser, images[start : start + 100]) for start in range(0, 1000, 100)]
        assert np.abs(np.concatenate(found) - wanted).max() <= tolerance


@pytest.mark.slow
def test_drawings_of_real_digits_are_read(browser, default_network, tmp_path):
    model, images, labels = default_network
    if images.mean() > 50:
        pytest.skip("these are no digits")
    show(browser, export(model, tmp_path / "page.html"))
    rng = np.random.default_rng(0)
    right = 0
    for image, label in zip(images[:100], labels[:100], strict=True):
        paths = [path[:: 1 if len(path) < 8 else 4, ::-1] for path in pen_paths(image)]
        points = np.concatenate(paths)
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        pen = rng.integers(2, 11) / 100
        scale = rng.uniform(0.3, 0.85) / size.max()
        start = pen / 2 + rng.uniform(size=2) * (1 - scale * size - pen)
        set_pen(browser, pen)
        draw(browser, *[((path - low) * scale + start).tolist() for path in paths])
        right += answer(browser)[0] == str(label)
        browser.run("element('clear').click()")
    assert right >= 97
