"""Pictures that are given to the page, in a real browser."""

import numpy as np
import pytest
from page import (
    SEVEN,
    X,
    Y,
    answer,
    colour_network,
    draw,
    drawn_digit,
    give,
    next_frame,
    png,
    seen,
    show,
    wait_for,
)
from PIL import Image
from support import cnn

from skdigits import export
from skdigits.datasets import load_digits, load_images
from skdigits.preprocessing import DigitNormalizer


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
    next_frame(page)
    assert page.run("[element('hint').hidden, element('of-picture').hidden]") == [True, False]
    draw(page, SEVEN)
    assert answer(page)[0] == "7"
    assert page.run("element('of-picture').hidden")
    page.run("element('undo').click()")
    assert answer(page)[1] == "Nothing is drawn yet."


@pytest.fixture(scope="module")
def colour_page(tmp_path_factory):
    return export(colour_network()[0], tmp_path_factory.mktemp("colours") / "page.html")


@pytest.mark.parametrize(
    ("shape", "mode"),
    [
        ((40, 20), "RGB"),
        ((16, 12), "RGBA"),
        ((17, 33), "RGB"),
        ((17, 33), "L"),
        ((17, 33), "P"),
        ((5, 3), "RGBA"),
        ((8, 6), "RGB"),
        ((5, 12), "RGB"),  # becomes 2.5 pixels high
    ],
)
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
    [
        lambda x: x,
        lambda x: x / 255,
        lambda x: x / 127.5 - 1,
        lambda x: (x / 127.5 - 1) * 3,
        lambda x: x / 2.55,
    ],
    ids=["0..255", "0..1", "-1..1", "-3..3", "0..100"],
)
def test_tones_are_those_of_the_training(browser, tmp_path, scaled):
    images = np.where(X > 150, 255, X).astype(np.uint8)
    model = cnn(epochs=1).fit(scaled(images), Y)
    show(browser, export(model, tmp_path / "page.html"))
    give(browser, ("picture.png", png(images[2])))
    found = browser.run("Array.from(predict(currentPixels()))")
    wanted = model.predict_proba(scaled(images[2:3]))[0]
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_masks_have_no_tones_between(browser, tmp_path):
    masks = np.round(X / 255).astype(np.uint8)
    model = cnn(epochs=1).fit(masks, Y)
    show(browser, export(model, tmp_path / "page.html"))
    give(browser, ("picture.png", png(X[2])))
    found = browser.run("Array.from(predict(currentPixels()))")
    np.testing.assert_allclose(found, model.predict_proba(masks[2:3])[0], atol=1e-3)


def test_photographs_lie_as_their_camera_was_held(browser, colour_page):
    pixels = np.zeros((8, 6, 3), np.uint8)
    pixels[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    show(browser, colour_page)
    give(browser, ("photograph.png", png(pixels, exif=exif)))
    np.testing.assert_array_equal(seen(browser), pixels[::-1])


def test_the_camera(page):
    page.run("element('camera').click()")
    wait_for(page, "element('viewfinder').open && document.querySelector('video').videoWidth")
    page.run("element('take').click()")
    wait_for(page, "picture")
    width, height, is_open = page.run("[picture.width, picture.height, element('viewfinder').open]")
    assert width == height
    assert not is_open
    assert page.run("document.querySelector('video').srcObject") is None
