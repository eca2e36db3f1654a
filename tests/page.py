"""What the tests of the page that classifies share: show it, draw on it, read it."""

import base64
import io
import json
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw
from support import cnn, tiny

X, Y = tiny(shape=(8, 6), n_classes=3)


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
            mouse(browser, step, left + x * width, top + y * width)


def mouse(browser, step, x, y):
    """Move the mouse to a place of the screen, press its button or release it there."""
    browser.call(
        "Input.dispatchMouseEvent",
        type=step,
        x=x,
        y=y,
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


def drawn_digit(side=200, ground=255, ink=0, points=SEVEN, pen=1 / 14):
    """Return a picture of a digit, a little higher than wide."""
    image = Image.new("L", (side, side + 40), ground)
    corners = [(side * x, side * y) for x, y in points]
    ImageDraw.Draw(image).line(corners, fill=ink, width=round(side * pen), joint="curve")
    return image


def scaled(points, scale, middle=(0.5, 0.5)):
    return (np.array(middle) + scale * (np.array(points) - 0.5)).tolist()


def wait_for(browser, condition):
    """Wait until a condition holds in the page."""
    browser.run(
        "new Promise((done) => { const id = setInterval(() => {"
        f" if ({condition}) {{ clearInterval(id); done(); }} }}, 10); }})"
    )


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
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        file, "PNG", **options
    )
    return file.getvalue()


def press(browser, *keys, kind="keyDown", **settings):
    for key in keys:
        browser.call("Input.dispatchKeyEvent", type=kind, key=key, **settings)


def colour_network():
    images = np.stack([X, 255 - X, X // 2], axis=-1)
    return cnn(epochs=1).fit(images, Y), images
