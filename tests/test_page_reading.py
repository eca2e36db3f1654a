"""Everybody can read and use the page: on any screen, on paper, by a screen reader."""

import base64

import numpy as np
import pytest
from page import SEVEN, answer, draw, next_frame, press, seen, show, wait_for
from support import mlp, slow_but, tiny

from skdigits import export

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


@pytest.mark.parametrize("width", slow_but([360, 1440], 360))
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
