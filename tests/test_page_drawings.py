"""Drawings on the page, in a real browser."""

import numpy as np
import pytest
from page import (
    SEVEN,
    X,
    Y,
    answer,
    circle,
    draw,
    line,
    mouse,
    place,
    press,
    scaled,
    seen,
    set_pen,
    show,
    wait_for,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from support import cnn, mlp, slow_but, tiny

from skdigits import export
from skdigits.datasets import load_digits
from skdigits.preprocessing import DigitNormalizer

STYLES = {
    "usual": ([SEVEN], 0.06),
    "thin": ([SEVEN], 0.01),
    "thick": ([SEVEN], 0.15),
    "tiny": ([scaled(SEVEN, 0.15)], 0.02),
    "huge": ([scaled(SEVEN, 1.6)], 0.06),
    "off the centre": ([scaled(SEVEN, 0.4, (0.2, 0.75))], 0.04),
    "broken": ([SEVEN[start : start + 3] for start in range(0, 24, 4)], 0.05),
    "fast": ([SEVEN[::12] + SEVEN[-1:]], 0.06),
    "a one with an upstroke": ([line((0.35, 0.4), (0.55, 0.15), (0.55, 0.85))], 0.06),
    "a one with a foot": (
        [line((0.3, 0.45), (0.55, 0.15), (0.5, 0.85)), line((0.3, 0.85), (0.7, 0.85))],
        0.03,
    ),
    "out of the canvas": ([line((0.3, 0.4), (0.7, 0.4), (0.45, 1.15))], 0.06),
}


def read(reader, page):
    """Return how the classifier reads what the page's network sees, on any processor."""
    (label,) = reader.predict(seen(page)[np.newaxis].astype(np.uint8))
    return str(label)


QUICK_STYLES = "usual", "thin", "tiny", "broken", "out of the canvas"


@pytest.mark.parametrize("style", slow_but(STYLES, *QUICK_STYLES))
def test_drawings_come_out_as_in_python(page, reader, style):
    strokes, pen = STYLES[style]
    set_pen(page, pen)
    draw(page, *strokes)
    assert answer(page)[0] == read(reader, page)
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
    page.run("1")  # by now the browser has told why
    assert "Content Security Policy" in "".join(page.errors)


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
    for key in ("Z", "я"):  # with Caps Lock, and on other keyboards
        draw(page, circle(0.5, 0.5, 0.2))
        page.call("Input.dispatchKeyEvent", type="keyDown", key=key, code="KeyZ", modifiers=2)
        np.testing.assert_array_equal(seen(page), one)
    page.run("element('undo').click()")
    page.run("element('undo').click()")  # there is nothing left to undo
    assert answer(page) == ["", "Nothing is drawn yet."]


def test_undo_while_the_pointer_is_down(page):
    draw(page, line((0.5, 0.2), (0.5, 0.8)))
    one = seen(page)
    left, top, width = place(page)
    for step, x in (("mousePressed", 0.2), ("mouseMoved", 0.3)):
        mouse(page, step, left + x * width, top + x * width)
    page.call("Input.dispatchKeyEvent", type="keyDown", key="z", modifiers=2)
    for step, x in (("mouseMoved", 0.4), ("mouseReleased", 0.4)):
        mouse(page, step, left + x * width, top + x * width)
    np.testing.assert_array_equal(seen(page), one)
    draw(page, circle(0.5, 0.5, 0.2))  # the next stroke is drawn as ever
    assert (seen(page) != one).any()


def test_a_slip_of_the_pen_does_not_count(page):
    draw(page, SEVEN)
    before = seen(page)
    draw(page, line((0.05, 0.95), (0.06, 0.95), n=2))
    assert np.abs(seen(page) - before.astype(int)).mean() < 2
    assert answer(page)[0] == "7"


@pytest.mark.parametrize("ratio", slow_but([1, 1.5, 3], 1.5))
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


def test_a_pen_whose_browser_ends_the_stroke(page, reader):
    pointer(page, "pointerdown", 0.3, 0.25)
    pointer(page, "pointermove", 0.7, 0.25)  # without coalesced events
    pointer(page, "pointermove", 0.45, 0.8)
    pointer(page, "pointercancel", 0, 0)
    pointer(page, "pointermove", 0, 0)
    assert answer(page)[0] == read(reader, page)
    pointer(page, "pointerdown", 0.1, 0.1, button=2)
    pointer(page, "pointermove", 0.9, 0.9)
    assert page.run("drawing.strokes.length") == 1
    pointer(page, "pointerdown", 0.45, 0.5)  # a new stroke isn't joined with the last
    assert page.run("drawing.strokes[1].points.length") == 1
    pointer(page, "pointerup", 0.5, 0.9)  # as a fast stroke ends
    x, y = page.run("drawing.strokes[1].points.at(-1)")
    assert (x, y) == pytest.approx((0.5, 0.9), abs=0.01)


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
    unscrolled = "!element('canvas').dispatchEvent(new {}({}, {{ cancelable: true, {} }}))"
    for key in ("ArrowUp", "ArrowLeft", " "):
        assert page.run(unscrolled.format("KeyboardEvent", "'keydown'", f"key: '{key}'"))
    assert not page.run(unscrolled.format("KeyboardEvent", "'keydown'", "key: 'Tab'"))
    assert page.run(unscrolled.format("TouchEvent", "'touchmove'", ""))  # in old Safari
    assert page.run("getComputedStyle(element('canvas')).touchAction") == "none"


@pytest.mark.parametrize("light_ink", slow_but([True, False], False))
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
    model = mlp(epochs=1).fit(255 - X[:200], y[:200])
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
    pipeline = make_pipeline(DigitNormalizer(), mlp(epochs=1))
    model = GridSearchCV(pipeline, {}, cv=2, error_score="raise").fit(X[:30], names)
    show(browser, export(model, tmp_path / "page.html", images=X[:5]))
    draw(browser, scaled(SEVEN, 0.3, (0.2, 0.2)))
    rows, _ = np.nonzero(seen(browser) > 99)
    assert np.ptp(rows) >= 17
    assert browser.run("classes[9]") == "null"
