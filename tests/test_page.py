"""The page that classifies, in a real browser."""

import base64
import json
from itertools import pairwise

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
from support import cnn, mlp, tiny

from benchmarks.drawn_digits.strokes import pen_paths
from skdigits import CNNClassifier, NetworkClassifier, export
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist, load_digits, load_images
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
    small = {"filters": (8, 16), "hidden_layer_sizes": (32,), "random_state": 0}
    return CNNClassifier(augmentation="affine", **small).fit(*load_digits(return_X_y=True))


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
    parts = [np.linspace(a, b, n) for a, b in pairwise(corners)]
    return np.concatenate(parts).tolist()


def circle(x, y, radius, n=40):
    angles = np.linspace(-np.pi / 2, 1.5 * np.pi, n)
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)]).tolist()


SEVEN = line((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))


def scaled(points, scale, middle=(0.5, 0.5)):
    return (np.array(middle) + scale * (np.array(points) - 0.5)).tolist()


def wait_for(browser, condition):
    """Wait until a condition holds in the page."""
    browser.run(
        "new Promise((done) => { const id = setInterval(() => {"
        f" if ({condition}) {{ clearInterval(id); done(); }} }}, 10); }})"
    )


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


# Drawings

STYLES = {
    "usual": ([SEVEN], 0.06),
    "thin": ([SEVEN], 0.01),
    "thick": ([SEVEN], 0.15),
    "tiny": ([scaled(SEVEN, 0.15)], 0.02),
    "huge": ([scaled(SEVEN, 1.6)], 0.06),
    "off the centre": ([scaled(SEVEN, 0.4, (0.2, 0.75))], 0.04),
    "broken": ([SEVEN[start : start + 3] for start in range(0, 24, 4)], 0.05),
    "fast": ([SEVEN[::12] + SEVEN[-1:]], 0.06),
    "out of the canvas": ([line((0.3, 0.4), (0.7, 0.4), (0.45, 1.15))], 0.06),
}


@pytest.mark.parametrize("style", STYLES)
def test_drawings_come_out_as_in_python(page, style):
    strokes, pen = STYLES[style]
    set_pen(page, pen)
    draw(page, *strokes)
    assert answer(page)[0] == "7"
    width, height, ink = page.run(
        "(() => { const { width, height, data } = drawing.ink(drawing.inkedPart());"
        " return [width, height, Array.from(data, (x) => Math.round(255 * x))]; })()"
    )
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., 3] = np.reshape(ink, (height, width))
    wanted = DigitNormalizer().transform([picture])[0].astype(int)
    difference = np.abs(seen(page) - wanted)
    # Thin strokes may lie an eighth of a pixel beside, which changes 255 by 32.
    assert difference.mean() < (3 if style == "thin" else 0.5)
    assert difference.max() < (50 if style == "thin" else 33)


def test_the_page_asks_for_nothing_else(page, digit_page):
    draw(page, SEVEN)
    page.run("element('why').click()")
    wait_for(page, "element('rests-on').textContent")
    assert page.requests == [digit_page.as_uri()]
    assert page.errors == []
    with pytest.raises(AssertionError, match="fetch"):
        page.run("fetch('https://example.org/')")


def test_an_empty_canvas_says_so(page):
    assert answer(page) == ["", "Nothing is drawn yet."]
    draw(page, SEVEN)
    assert answer(page)[0] == "7"
    page.run("element('clear').click()")
    assert answer(page) == ["", "Nothing is drawn yet."]
    draw(page, line((1.2, 0.1), (1.3, 0.9)))  # it begins beside the canvas
    assert answer(page) == ["", "Nothing is drawn yet."]


def test_undo(page):
    draw(page, line((0.5, 0.2), (0.5, 0.8)))
    one = seen(page)
    draw(page, circle(0.5, 0.5, 0.2))
    assert (seen(page) != one).any()
    page.call("Input.dispatchKeyEvent", type="keyDown", key="z", modifiers=2)
    np.testing.assert_array_equal(seen(page), one)
    page.run("element('undo').click()")
    page.run("element('undo').click()")  # there is nothing left to undo
    assert answer(page) == ["", "Nothing is drawn yet."]


def test_a_slip_of_the_pen_does_not_count(page):
    draw(page, SEVEN)
    before = seen(page)
    draw(page, line((0.05, 0.95), (0.06, 0.95), n=2))
    assert np.abs(seen(page) - before.astype(int)).mean() < 2
    assert answer(page)[0] == "7"


@pytest.mark.parametrize("ratio", [1, 1.5, 3])
def test_sharp_and_scrolled_screens(browser, digit_page, ratio):
    show(browser, digit_page, deviceScaleFactor=ratio)
    browser.run("scrollTo(0, 60)")
    draw(browser, SEVEN)
    assert answer(browser)[0] == "7"
    found = browser.run("element('canvas').width / element('canvas').clientWidth")
    assert found == pytest.approx(ratio, abs=0.01)
    x, y = browser.run("drawing.strokes[0].points[0]")
    assert (x, y) == pytest.approx((0.3, 0.25), abs=0.005)


def touch(browser, kind, *points):
    left, top, width = place(browser)
    found = [{"x": left + x * width, "y": top + y * width, "id": i} for i, (x, y) in points]
    browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=found)


def test_fingers_draw_and_do_not_scroll(browser, digit_page):
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    show(browser, digit_page, width=360, height=600, mobile=True)
    place(browser)
    before = browser.run("scrollY")
    touch(browser, "touchStart", (0, SEVEN[0]))
    for point in SEVEN[1:12]:
        touch(browser, "touchMove", (0, point))
    touch(browser, "touchStart", (0, SEVEN[11]), (1, (0.9, 0.9)))  # the ball of the thumb
    for point in SEVEN[12:]:
        touch(browser, "touchMove", (0, point), (1, (0.9, 0.8)))
    touch(browser, "touchEnd")
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)
    assert answer(browser)[0] == "7"
    assert browser.run("drawing.strokes.length") == 1
    assert browser.run("scrollY") == before


def pointer(browser, kind, x, y, **settings):
    left, top, width = place(browser)
    settings = {
        "pointerId": 7,
        "pointerType": "pen",
        "clientX": left + x * width,
        "clientY": top + y * width,
    } | settings
    browser.run(f"element('canvas').dispatchEvent(new PointerEvent({kind!r}, {settings}))")


def test_a_pen_whose_browser_ends_the_stroke(page):
    pointer(page, "pointerdown", 0.3, 0.25)
    pointer(page, "pointermove", 0.7, 0.25)  # without coalesced events
    pointer(page, "pointermove", 0.45, 0.8)
    pointer(page, "pointercancel", 0, 0)
    pointer(page, "pointermove", 0, 0)
    assert answer(page)[0] == "7"
    pointer(page, "pointerdown", 0.1, 0.1, button=2)
    pointer(page, "pointermove", 0.9, 0.9)
    assert page.run("drawing.strokes.length") == 1
    pointer(page, "pointerdown", 0.45, 0.5)  # a new stroke isn't joined with the last
    assert page.run("drawing.strokes[1].points.length") == 1


def test_a_mouse_that_is_released_outside(page):
    draw(page, line((0.5, 0.5), (1.1, 0.5)))
    left, top, width = place(page)
    for x in (0.9, 0.5, 0.1):
        move = {"type": "mouseMoved", "x": left + x * width, "y": top + 0.1 * width}
        page.call("Input.dispatchMouseEvent", **move, buttons=0)
    assert page.run("drawing.strokes[0].points.every(([x, y]) => Math.abs(y - 0.5) < 0.01)")
    mouse = {"pointerType": "mouse"}
    pointer(page, "pointerdown", 0.1, 0.3, buttons=1, **mouse)
    pointer(page, "pointermove", 0.2, 0.3, buttons=1, **mouse)
    pointer(page, "pointermove", 0.3, 0.3, buttons=0, **mouse)  # and nobody was told
    pointer(page, "pointermove", 0.4, 0.3, buttons=0, **mouse)
    assert page.run("drawing.strokes[1].points.length") == 2


def press(browser, *keys, kind="keyDown", **settings):
    for key in keys:
        browser.call("Input.dispatchKeyEvent", type=kind, key=key, **settings)


def test_the_keyboard_draws(page):
    page.run("element('canvas').focus()")
    press(page, *["ArrowUp"] * 8, *["ArrowLeft"] * 6, " ")
    assert page.run("element('spoken').textContent") == "Pen down."
    press(page, *["ArrowUp"], kind="keyUp")
    press(page, "ArrowLeft", kind="keyUp")
    press(page, *["ArrowRight"] * 12)
    press(page, "ArrowRight", kind="keyUp")
    press(page, "ArrowLeft")  # two at a time
    for _ in range(3):
        press(page, "ArrowDown")
        press(page, "ArrowDown", kind="keyUp")
        press(page, "ArrowDown", modifiers=8)
        press(page, "ArrowDown", kind="keyUp")
        press(page, "ArrowDown", "ArrowDown")
        press(page, "ArrowDown", kind="keyUp")
        press(page, "ArrowLeft")
    press(page, " ")
    assert page.run("element('spoken').textContent") == "Pen up."
    assert answer(page)[0] == "7"
    wait_for(page, "element('spoken').textContent.startsWith('7, ')")
    assert page.run("scrollY") == 0  # neither arrows nor the space bar scroll


# Pictures


def give(browser, *pictures, by="drop"):
    """Drop or paste files, each a pair of a name and the content."""
    files = [[name, base64.b64encode(content).decode()] for name, content in pictures]
    event, field = {
        "drop": ("DragEvent", "dataTransfer"),
        "paste": ("ClipboardEvent", "clipboardData"),
    }[by]
    browser.run(f"""(() => {{
        const transfer = new DataTransfer();
        for (const [name, text] of {json.dumps(files)}) {{
          const type = name.endsWith('.txt') ? 'text/plain' : 'image/png';
          transfer.items.add(new File([decodeBase64(text)], name, {{ type }}));
        }}
        window.before = [picture, element('problem').textContent];
        element('problem').textContent = '';
        document.body.dispatchEvent(new {event}({by!r}, {{ {field}: transfer, bubbles: true }}));
    }})()""")
    wait_for(browser, "picture !== before[0] || element('problem').textContent")


def png(image, **options):
    import io

    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        file, "PNG", **options
    )
    return file.getvalue()


def drawn_digit(side=200, ground=255, ink=0):
    image = Image.new("L", (side, side + 40), ground)
    points = [(side * x, side * y) for x, y in SEVEN]
    ImageDraw.Draw(image).line(points, fill=ink, width=side // 14, joint="curve")
    return image


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (0, 255), (230, 90)])
@pytest.mark.parametrize("by", ["drop", "paste"])
def test_pictures_of_digits_of_either_tone(page, ground, ink, by):
    give(page, ("seven.png", png(drawn_digit(ground=ground, ink=ink))), by=by)
    assert answer(page)[0] == "7"
    wanted = DigitNormalizer().transform([drawn_digit()])[0].astype(int)
    assert np.abs(seen(page) - wanted).mean() < 3
    page.run("element('swap').click()")
    assert answer(page) == ["", "This picture shows no digit: it is blank or too pale."]


def test_a_transparent_picture_is_on_white(page):
    ink = np.asarray(drawn_digit(ground=0, ink=255))
    transparent = np.zeros((*ink.shape, 4), np.uint8)
    transparent[..., 3] = ink
    give(page, ("seven.png", png(transparent)), by="paste")
    assert answer(page)[0] == "7"


def test_images_of_the_own_size_are_taken_as_they_are(page, reader):
    X, _ = load_digits(subset="test", return_X_y=True)
    for image in X[:3]:
        for given in (image, 255 - image):  # as ink on paper
            give(page, ("digit.png", png(given)))
            np.testing.assert_array_equal(seen(page), image)
    found = page.run("Array.from(predict(currentPixels()))")
    np.testing.assert_allclose(found, reader.predict_proba(X[2:3])[0], atol=1e-3)


def test_pictures_that_cannot_be_used(page):
    give(page, ("blank.png", png(np.full((50, 50), 200, np.uint8))))
    assert answer(page) == ["", "This picture shows no digit: it is blank or too pale."]
    give(page, ("<b>broken</b>.png", b"no picture"))
    text = page.run("element('problem').textContent")
    assert text == "“<b>broken</b>.png” cannot be read as a picture. Use PNG, JPEG, WebP or GIF."
    give(page)
    assert "no file with a picture" in page.run("element('problem').textContent")


def test_a_drawing_replaces_a_picture(page):
    give(page, ("blank.png", png(np.full((50, 50), 200, np.uint8))))
    assert page.run("[element('hint').hidden, element('of-picture').hidden]") == [True, False]
    draw(page, SEVEN)
    assert answer(page)[0] == "7"
    assert page.run("element('of-picture').hidden")
    page.run("element('undo').click()")
    assert answer(page)[1] == "Nothing is drawn yet."


@pytest.fixture(scope="module")
def colour_page(tmp_path_factory):
    return export(colour_network()[0], tmp_path_factory.mktemp("colours") / "page.html")


@pytest.mark.parametrize("shape", [(40, 20), (16, 12), (17, 33), (5, 3), (8, 6)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_pictures_as_load_images_reads_them(browser, colour_page, tmp_path, shape, mode):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*shape, 4), np.uint8)
    pixels[..., 3] = np.where(pixels[..., 3] > 99, 255, 0)  # half transparent ones may round
    image = Image.fromarray(pixels).convert(mode)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "picture.png").write_bytes(png(image))
    options = {"image_shape": (8, 6), "color_mode": "rgb", "return_X_y": True}
    wanted = load_images(tmp_path, subset="all", **options)[0][0]
    show(browser, colour_page)
    give(browser, ("picture.png", png(image)))
    assert np.abs(seen(browser) - wanted.astype(int)).max() <= 1
    browser.run("element('swap').click()")
    assert np.abs(255 - seen(browser) - wanted.astype(int)).max() <= 2  # halves round up


@pytest.mark.parametrize(
    "scaled",
    [lambda x: x, lambda x: x / 255, lambda x: x / 127.5 - 1, lambda x: (x / 127.5 - 1) * 3],
    ids=["0..255", "0..1", "-1..1", "-3..3"],
)
def test_tones_are_those_of_the_training(browser, tmp_path, scaled):
    images = np.where(X > 150, 255, X).astype(np.uint8)
    model = cnn(epochs=1).fit(scaled(images), Y)
    show(browser, export(model, tmp_path / "page.html"))
    give(browser, ("picture.png", png(images[2])))
    found = browser.run("Array.from(predict(currentPixels()))")
    wanted = model.predict_proba(scaled(images[2:3]))[0]
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_photographs_lie_as_their_camera_was_held(browser, colour_page):
    pixels = np.zeros((8, 6, 3), np.uint8)
    pixels[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    show(browser, colour_page)
    give(browser, ("photograph.png", png(pixels, exif=exif)))
    np.testing.assert_array_equal(seen(browser), pixels[::-1])


@pytest.mark.parametrize("light_ink", [True, False])
def test_drawings_for_other_models(browser, tmp_path, light_ink):
    images = np.where(X > 150, X, 0).astype(np.uint8)
    images = images if light_ink else 255 - images
    show(browser, export(cnn(epochs=1).fit(images, Y), tmp_path / "page.html"))
    draw(browser, line((0.5, 0.1), (0.5, 1.2)))
    ink = seen(browser) if light_ink else 255 - seen(browser)
    assert ink.shape == (8, 6)
    assert (ink[1:-1, 2:4] > 40).all()
    assert (ink[:, [0, 1, 4, 5]] == 0).all()
    white = browser.run("input.white")
    assert white == 255


def test_digits_in_dark_ink(browser, tmp_path):
    X, y = load_digits(return_X_y=True)
    model = cnn(epochs=1).fit(255 - X[:200], y[:200])
    show(browser, export(model, tmp_path / "page.html"))
    draw(browser, SEVEN)
    assert seen(browser)[0, 0] == 255
    assert seen(browser).min() == 0


def test_labels_from_0_to_9_do_not_make_digits(browser, tmp_path):
    images, codes = tiny(n=50, shape=(28, 28), n_classes=10)
    show(browser, export(mlp(epochs=1).fit(images, codes), tmp_path / "page.html"))
    draw(browser, scaled(SEVEN, 0.3, (0.2, 0.2)))
    rows, _ = np.nonzero(seen(browser) != seen(browser)[-1, -1])
    assert rows.max() < 14  # it stays in its corner
    assert browser.run("document.title") == "What is it?"


def test_a_normalizer_in_the_pipeline_says_that_images_are_digits(browser, tmp_path):
    X, y = load_digits(return_X_y=True)
    names = np.array(["null", "eins", *"23456789"])[y[:30]]
    model = make_pipeline(DigitNormalizer(), cnn(epochs=1)).fit(X[:30], names)
    show(browser, export(model, tmp_path / "page.html", images=X[:5]))
    draw(browser, scaled(SEVEN, 0.3, (0.2, 0.2)))
    rows, _ = np.nonzero(seen(browser) > 99)
    assert np.ptp(rows) >= 17
    assert browser.run("classes[9]") == "null"


def test_the_camera(page):
    page.run("element('camera').click()")
    wait_for(page, "element('viewfinder').open && document.querySelector('video').videoWidth")
    page.run("element('take').click()")
    wait_for(page, "picture")
    width, height, is_open = page.run("[picture.width, picture.height, element('viewfinder').open]")
    assert width == height
    assert not is_open
    assert page.run("document.querySelector('video').srcObject") is None


# Reading the page

HOSTILE = [
    "</script><script>window.hacked = true</script>",
    "\"'><img src=x onerror='window.hacked = true'>",
    "{{ 7 * 7 }} {% raw %} ${7 * 7}",
    "<!--<script>",
    "😀 \u2028 \u202e &amp; <b>bold</b>",
    "\udcff of a file name",
    "x" * 10_000,
]


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    images, codes = tiny(n=70, n_classes=len(HOSTILE), shape=(8, 8))
    model = mlp(epochs=1).fit(images, np.array(HOSTILE)[codes])
    path = tmp_path_factory.mktemp("hostile") / "page.html"
    return export(model, path, title="</title><script>window.hacked = true</script> " + "y" * 500)


@pytest.mark.parametrize("width", [360, 1440])
def test_names_and_title_are_text(browser, hostile_page, width):
    show(browser, hostile_page, width=width)
    draw(browser, SEVEN)
    assert browser.run("window.hacked") is None
    assert browser.errors == []
    names = browser.run(
        "[...document.querySelectorAll('#classes .name')].map((e) => e.textContent)"
    )
    assert names == [name.replace("\udcff", "\\udcff") for name in sorted(HOSTILE)]
    assert browser.run("document.title").startswith("</title><script>window.hacked")
    assert browser.run("document.querySelector('h1').textContent").endswith("y" * 500)
    assert answer(browser)[0] in names
    wait_for(browser, "element('spoken').textContent")
    assert len(browser.run("element('spoken').textContent")) < 120
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.body.scrollHeight") < 4000


def test_many_classes_are_sorted(browser, tmp_path):
    images, codes = tiny(n=120, n_classes=40, shape=(8, 8))
    model = mlp(epochs=1).fit(images, codes)
    show(browser, export(model, tmp_path / "page.html"))
    draw(browser, SEVEN)
    next_frame(browser)
    first = browser.run("document.querySelector('#classes li').textContent")
    assert first == "".join(answer(browser))


TEXTS = """(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parse(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    const colour = getComputedStyle(e).backgroundColor;
    return parse(colour)[3] === 0 && e.parentElement ? ground(e.parentElement) : colour;
  };
  element('problem').textContent = 'A problem.';
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.checkVisibility())
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => {
      const tones = [light(getComputedStyle(e).color), light(ground(e))].map((x) => x + 0.05);
      return [e.textContent.slice(0, 40), Math.max(...tones) / Math.min(...tones)];
    });
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_texts_have_contrast_and_room(browser, digit_page, width, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", features=features)
    show(browser, digit_page, width=width)
    draw(browser, SEVEN)
    texts = browser.run(TEXTS)
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    browser.call("Emulation.setEmulatedMedia", features=[])
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[scheme]
    assert len(texts) > 30
    assert [text for text in texts if text[1] < 4.5] == []
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def test_screen_readers_learn_what_everything_is(page):
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    page.call("Accessibility.disable")
    found = [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in nodes
        if not node["ignored"]
    ]
    wanted = [
        ("heading", "Which digit is it?"),
        ("application", "Drawing area"),
        ("button", "Undo"),
        ("button", "Clear"),
        ("slider", "Pen"),
        ("button", "Open a picture"),
        ("button", "Use the camera"),
        ("list", "Probability of each class"),
        ("image", "The image that the model gets"),
        ("checkbox", "Show what the answer rests on"),
    ]
    assert [pair for pair in wanted if pair not in found] == []
    roles = {role for role, _ in wanted}
    assert [pair for pair in found if pair[0] in roles and not pair[1]] == []
    assert ("status", "") in found


def test_the_tab_key_reaches_every_control(page):
    reached = []
    for _ in range(8):
        press(page, "Tab")
        press(page, "Tab", kind="keyUp")
        reached.append(page.run("document.activeElement.id"))
    assert reached == ["canvas", "undo", "clear", "pen", "open", "camera", "why", ""]


def test_where_the_network_looks(page):
    draw(page, SEVEN)
    plain = seen(page).astype(int)
    page.run("element('why').click()")
    wait_for(page, "element('rests-on').textContent === 'Coloured: what speaks for \u20687\u2069.'")
    assert np.abs(seen(page) - plain).max() > 50  # a channel of the colour
    draw(page, SEVEN[:2])
    wait_for(page, "element('rests-on').textContent === 'Coloured: what speaks for \u20687\u2069.'")


def brightest_ink(browser):
    next_frame(browser)
    return browser.run(
        "element('canvas').getContext('2d').getImageData(0, 0, 400, 400).data"
        ".reduce((most, x, i) => (i % 4 < 3 && x > most ? x : most), 0)"
    )


def test_it_prints(page):
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", media="", features=dark)
    draw(page, SEVEN)
    assert brightest_ink(page) > 200
    page.call("Emulation.setEmulatedMedia", media="print", features=dark)
    assert brightest_ink(page) == 0
    page.call("Emulation.setEmulatedMedia", media="", features=[])
    printed = page.call("Page.printToPDF", printBackground=True)
    assert base64.b64decode(printed["data"]).count(b"/Type /Page\n") == 1


# What cannot be a page


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


REFUSED = {
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


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_refused_is_named(tmp_path, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        export(REFUSED[message](), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_options(tmp_path, reader):
    with pytest.raises(ValueError, match="weights must be 'float16' or 'float32'; got 'int8'"):
        export(reader, tmp_path / "page.html", weights="int8")
    with pytest.raises(ValueError, match="'quantize' is not for files of"):
        export(reader, tmp_path / "page.html", quantize="int8")


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


# With the full data sets


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
