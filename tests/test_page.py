"""The page that classifies, in a real browser."""

import base64
import io
import json
import re
from functools import cache

import numpy as np
import pytest
from browser import Browser
from PIL import Image, ImageDraw
from plain_network import FUNCTIONS
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from support import cnn, digits, mlp, tiny

from skdigits import CNNClassifier, NetworkClassifier, export
from skdigits.datasets import load_images
from skdigits.ensemble import AveragingClassifier
from skdigits.formats._layers import ACTIVATIONS
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

X, Y = tiny(shape=(8, 6), n_classes=3)
ROWS = np.repeat(X.reshape(60, -1), 2, axis=1)[:, :64]  # as many columns as an image of 8 x 8 has


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def reader():
    """Return a classifier of digits that reads clear ones."""
    return CNNClassifier(filters=(8, 16), hidden_layer_sizes=(32,), epochs=6, random_state=0).fit(
        *digits()
    )


@pytest.fixture(scope="module")
def digit_page(reader, tmp_path_factory):
    return export(reader, tmp_path_factory.mktemp("page") / "digits.html")


@pytest.fixture
def page(browser, digit_page):
    """Return the browser, showing the page of the reader on a large screen."""
    show(browser, digit_page)
    return browser


def show(browser, path, width=1280, height=900, **metrics):
    settings = {"deviceScaleFactor": 1, "mobile": False} | metrics
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, **settings)
    browser.open(path)


def predicted(browser, images):
    """Return what the page predicts for the values of images."""
    return np.array(browser.run(
        f"{json.dumps(images.reshape(len(images), -1).tolist())}.map((data) => "
        "Array.from(model({ data: Float64Array.from(data) })))"
    ))  # fmt: skip


def next_frame(browser):
    """Wait until the page has shown what was drawn."""
    browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def seen(browser):
    """Return the image that the page shows as the one that the model sees."""
    next_frame(browser)
    pixels = browser.run(
        "Array.from(element('seen').getContext('2d').getImageData(0, 0, input.width, input.height)"
        ".data)"
    )
    height, width = browser.run("[input.height, input.width]")
    image = np.array(pixels, np.uint8).reshape(height, width, 4)[..., :3]
    return image if browser.run("input.channels") == 3 else image[..., 0]


def answer(browser):
    next_frame(browser)
    return browser.run("[element('answer').textContent, element('sureness').textContent]")


def place(browser):
    """Return left, top and width of the canvas on the screen."""
    return browser.run(
        "(() => { const canvas = element('canvas'); canvas.scrollIntoView({ block: 'center' });"
        " const box = canvas.getBoundingClientRect();"
        " return [box.left + 2, box.top + 2, canvas.clientWidth]; })()"
    )


def draw(browser, *strokes):
    """Draw strokes with the mouse; their points go from 0 to 1."""
    left, top, width = place(browser)
    for points in strokes:
        steps = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
        for step, (x, y) in zip(steps, [*points, points[-1]], strict=True):
            browser.call(
                "Input.dispatchMouseEvent",
                type=step,
                x=left + x * width,
                y=top + y * width,
                button="left",
                buttons=int(step != "mouseReleased"),
                clickCount=1,
            )


def set_pen(browser, width):
    browser.run(
        f"element('pen').value = {100 * width}; element('pen').dispatchEvent(new Event('input'))"
    )


def line(*corners, n=12):
    """Return points along straight lines between corners."""
    parts = [np.linspace(a, b, n) for a, b in zip(corners, corners[1:], strict=False)]
    return np.concatenate(parts).tolist()


def circle(x, y, radius, n=40):
    angles = np.linspace(-np.pi / 2, 1.5 * np.pi, n)
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)]).tolist()


SEVEN = line((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))


def scaled(points, scale, middle=(0.5, 0.5)):
    return (np.array(middle) + scale * (np.array(points) - 0.5)).tolist()


# Predictions


def colour_network():
    images = np.stack([X, 255 - X, X // 2], axis=-1)
    return cnn(epochs=1).fit(images, Y), images


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


MODELS = {
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


@pytest.mark.parametrize("name", MODELS)
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_a_thousand_test_images(browser, tmp_path, data_folder, monkeypatch, name):
    model, images, _ = of_the_default_network(name, data_folder, monkeypatch)
    wanted = model.predict_proba(images[:1000])
    for weights, tolerance in [("float16", 1e-3), ("float32", 1e-5)]:
        path = export(model, tmp_path / "page.html", weights=weights)
        n_bytes = model.model_.count_params() * int(weights[-2:]) // 8
        assert path.stat().st_size <= 1.4 * n_bytes + 100_000
        show(browser, path)
        found = [predicted(browser, images[start : start + 100]) for start in range(0, 1000, 100)]
        assert np.abs(np.concatenate(found) - wanted).max() <= tolerance
    duration = browser.run(
        "(() => { const start = performance.now();"
        " for (let i = 0; i < 100; i++) predict(new Uint8Array(784).fill(i));"
        " return (performance.now() - start) / 100; })()"
    )
    print(f"{name}: {duration:.1f} ms an image")


@cache
def _fitted(name):
    from skdigits.datasets import fetch_fashion_mnist, fetch_mnist

    fetch = fetch_mnist if name == "mnist" else fetch_fashion_mnist
    augmentation = "affine" if name == "mnist" else "auto"
    classifier = CNNClassifier(random_state=0)
    if name == "mnist":
        classifier.set_params(augmentation=augmentation)
    classifier.fit(*fetch(return_X_y=True))
    return classifier, *fetch(subset="test", return_X_y=True)


def of_the_default_network(name, data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    return _fitted(name)
