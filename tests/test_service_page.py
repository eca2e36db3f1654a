"""The page of the service, in a real browser: what it asks the service for, and what it shows."""

import base64
import contextlib
import io
import threading

import numpy as np
import pytest
import uvicorn
from page import (
    SEVEN,
    X,
    Y,
    answer,
    draw,
    drawn_digit,
    give,
    line,
    next_frame,
    png,
    seen,
    show,
    wait_for,
)
from PIL import Image
from sklearn.ensemble import VotingClassifier
from support import mlp, run_python, slow_but

import skdigits
from skdigits.datasets import load_digits
from skdigits.preprocessing import DigitNormalizer
from skdigits.service._app import make_app
from skdigits.service._limits import Limits
from skdigits.service._served_model import open_served
from skdigits.service._server import open_port, url_of


@contextlib.contextmanager
def serving(model, **limits):
    """Serve a model until the end of the block; yield the address."""
    with open_port("127.0.0.1", 0) as listening:
        app = make_app(model, Limits(**limits))
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def models(reader, tmp_path_factory):
    """Return the reader as a file of `save` and as one of `export`, served."""
    folder = tmp_path_factory.mktemp("models")
    skdigits.save(reader, folder / "digits.skd")
    skdigits.export(reader, folder / "digits.onnx")
    return {kind: open_served(folder / f"digits.{kind}") for kind in ("skd", "onnx")}


@pytest.fixture(scope="module")
def address(models):
    with serving(models["skd"]) as found:
        yield found


@pytest.fixture
def service_page(browser, address):
    show(browser, address)
    return browser


def photograph():
    """Return a picture that only the whole DigitNormalizer reads: a shadow lies on the paper."""
    ink = np.asarray(drawn_digit(side=300, ink=90), float)
    light = np.linspace(1, 0.35, ink.shape[1])
    return Image.fromarray(np.rint(ink * light).astype(np.uint8))


def bmp():
    file = io.BytesIO()
    drawn_digit().save(file, "BMP")
    return file.getvalue()


def give_file(browser, name, content, then="0"):
    """Give a file to the page, and do not wait for the answer."""
    file = f"new File([decodeBase64({base64.b64encode(content).decode()!r})], {name!r}, {{ type }})"
    browser.run(
        f"(() => {{ const type = 'image/' + {name!r}.slice(-3), file = {file};"
        " readPicture(file).then((picture) => usePicture(picture, file))"
        f".then(() => {{ {then}; }}); }})()"
    )


def asked(browser, address):
    """Return the paths that the page has asked the service for."""
    next_frame(browser)
    assert all(url.startswith(address) for url in browser.requests)
    return [url.removeprefix(address) for url in browser.requests]


def wait_for_answer(browser):
    """Wait until the page has said the answer to what it shows now."""
    wait_for(browser, "element('spoken').textContent")
    browser.run("element('spoken').textContent = ''; 0")


def assert_shows(browser, picture, reader):
    """Check that the page shows what DigitNormalizer makes of a picture, and its label."""
    wanted = DigitNormalizer().transform([picture])
    np.testing.assert_array_equal(seen(browser), wanted[0])
    assert answer(browser)[0] == str(reader.predict(wanted)[0])


def test_drawings_stay_in_the_page(service_page, address):
    draw(service_page, SEVEN)
    assert answer(service_page)[0] == "7"
    assert asked(service_page, address) == [""]
    assert service_page.errors == []
    with pytest.raises(AssertionError, match="fetch"):
        service_page.run("fetch('https://example.org/')")
    service_page.run("1")  # by now the browser has told why
    assert "Content Security Policy" in "".join(service_page.errors)


def test_a_format_that_only_the_browser_reads_is_sent_as_png(service_page, reader):
    give_file(service_page, "seven.bmp", bmp())
    wait_for(service_page, "picture || element('problem').textContent")
    assert_shows(service_page, drawn_digit(), reader)


@pytest.mark.parametrize("by", ["drop", "paste"])
def test_pictures_go_to_the_service(service_page, address, reader, by):
    give(service_page, ("seven.png", png(photograph())), by=by)
    assert_shows(service_page, photograph(), reader)
    assert asked(service_page, address) == ["", "read"]
    assert not service_page.run("element('of-picture').checkVisibility()")  # nothing to swap
    service_page.run("element('why').click()")
    wait_for(service_page, "element('rests-on').textContent")
    service_page.run("element('undo').click()")
    assert answer(service_page) == ["", "Nothing is drawn yet."]


def test_a_chosen_file_goes_to_the_service(service_page, reader, tmp_path):
    (tmp_path / "seven.png").write_bytes(png(photograph()))
    document = service_page.call("DOM.getDocument")["root"]["nodeId"]
    chooser = service_page.call("DOM.querySelector", nodeId=document, selector="#file")
    files = [str(tmp_path / "seven.png")]
    service_page.call("DOM.setFileInputFiles", nodeId=chooser["nodeId"], files=files)
    wait_for(service_page, "picture")
    assert_shows(service_page, photograph(), reader)


def test_the_camera_goes_to_the_service(service_page, address):
    """The camera of the browser shows a green screen with a white clock, not a digit."""
    service_page.run("element('camera').click()")
    wait_for(service_page, "document.querySelector('video').videoWidth")
    service_page.run("element('take').click()")
    wait_for(service_page, "picture || element('problem').textContent")
    assert asked(service_page, address) == ["", "read"]


def test_without_the_network_the_page_asks_for_all(browser, models, reader):
    with serving(models["onnx"]) as address:
        show(browser, address)
        draw(browser, SEVEN)
        wait_for_answer(browser)
        label, sureness = answer(browser)
        (row,) = reader.predict_proba(seen(browser)[np.newaxis].astype(np.uint8))
        assert label == str(row.argmax())
        assert float(sureness.split()[0]) == pytest.approx(100 * row.max(), abs=0.1)
        assert set(asked(browser, address)) == {"", "predict"}
        give(browser, ("seven.png", png(photograph())))
        wait_for_answer(browser)
        assert_shows(browser, photograph(), reader)
        assert not browser.run("element('why').checkVisibility()")  # it would take many requests
        shades = np.arange(784).astype(np.uint8).reshape(28, 28)
        for pixels in (shades, np.eye(28, dtype=np.uint8)):  # the second is black all over
            found = browser.run(
                f"askForProbabilities(new Uint8ClampedArray({pixels.ravel().tolist()}), input,"
                " classes)"
            )
            wanted = reader.predict_proba(pixels[np.newaxis])[0]
            np.testing.assert_allclose(found, wanted, atol=1e-4)
    draw(browser, SEVEN)
    wait_for(browser, "element('sureness').textContent.startsWith('The service cannot be reached')")
    assert answer(browser)[0] == ""


ERRORS = {
    "bytes": ({"n_bytes": 1000}, png(photograph()), "The body may have at most 1000 bytes."),
    "pixels": (
        {"n_pixels": 50_000},
        png(photograph()),
        "The pictures of a request may have at most 0.05 million pixels together.",
    ),
    "format": ({}, bmp(), "The file is not a picture; send PNG, JPEG, WebP or GIF."),
    "broken": (
        {},
        b"no picture",
        "“seven.png” cannot be read as a picture. Use PNG, JPEG, WebP or GIF.",
    ),
    "blank": (
        {},
        png(np.full((90, 90), 200, np.uint8)),
        "It shows no digit: it is blank, or",
    ),
    "busy": (
        {"n_requests": 0},
        png(photograph()),
        "Too many requests are under way; try again in a second.",
    ),
}


@pytest.mark.parametrize("name", slow_but(ERRORS, "broken", "busy"))
def test_errors_of_the_service_are_shown(browser, models, name):
    limits, content, problem = ERRORS[name]
    with serving(models["skd"], **limits) as address:
        show(browser, address)
        draw(browser, SEVEN)
        before = answer(browser)
        give(browser, ("seven.png", content))
        assert browser.run("element('problem').textContent").startswith(problem)
        assert answer(browser) == before  # the drawing is still there
        draw(browser, SEVEN)
        next_frame(browser)
        assert browser.run("element('problem').textContent") == ""


def test_a_service_that_has_ended_is_shown(browser, models):
    with serving(models["skd"]) as address:
        show(browser, address)
    give(browser, ("seven.png", png(photograph())))
    problem = browser.run("element('problem').textContent")
    assert problem == "The service cannot be reached. It may have ended."
    browser.run("window.fetch = async () => new Response('<h1>Large</h1>', { status: 413 }); 0")
    give(browser, ("seven.png", png(photograph())))  # a proxy has limits of its own
    assert browser.run("element('problem').textContent") == "The picture is too large."
    browser.run("window.fetch = async () => new Response('<h1>Gateway</h1>', { status: 502 }); 0")
    give(browser, ("seven.png", png(photograph())))
    assert browser.run("element('problem').textContent") == "The service has failed (502)."


def test_a_drawing_is_not_replaced_by_an_earlier_picture(service_page):
    service_page.run(
        "window.ask = (() => { const before = ask; let go; window.held = new Promise((done) => {"
        " go = done; }); window.go = go;"
        " return async (...given) => { await held; return before(...given); }; })(); 0"
    )
    give_file(service_page, "seven.png", png(photograph()), then="window.isDone = true")
    wait_for(service_page, "element('sureness').textContent === 'The service reads the picture.'")
    draw(service_page, line((0.5, 0.2), (0.5, 0.8)))
    service_page.run("go(); 0")
    wait_for(service_page, "window.isDone")
    assert service_page.run("picture") is None


def test_a_model_whose_ink_may_be_light_or_dark(browser, tmp_path):
    """A page cannot hold this model, so nothing says which tone its drawings have."""
    networks = [("a", mlp(epochs=1, image_shape=X.shape[1:])), ("b", mlp(epochs=1))]
    model = VotingClassifier(networks, voting="soft").fit(X.reshape(len(X), -1), Y)
    skdigits.save(model, tmp_path / "voting.skd")
    with serving(open_served(tmp_path / "voting.skd")) as address:
        show(browser, address)
        draw(browser, line((0.1, 0.5), (0.9, 0.5)))
        wait_for_answer(browser)
        ink = seen(browser)
        wanted = model.predict(ink.reshape(1, -1).astype(np.uint8))
        assert answer(browser)[0] == str(wanted[0])
        assert ink[0, 0] == 255
        assert browser.run("element('of-picture').checkVisibility()")
        browser.run("element('swap').click()")
        wait_for_answer(browser)
        np.testing.assert_array_equal(seen(browser), 255 - ink)


def test_dark_digits(browser, tmp_path):
    X, y = load_digits(return_X_y=True)
    skdigits.export(mlp(epochs=1).fit(255 - X[:200], y[:200]), tmp_path / "dark.onnx")
    with serving(open_served(tmp_path / "dark.onnx")) as address:
        show(browser, address)
        give(browser, ("seven.png", png(photograph())))
        wanted = 255 - DigitNormalizer().transform([photograph()])[0]
        np.testing.assert_array_equal(seen(browser), wanted)


WITHOUT_SKLEARN = """
import sys
for name in ("sklearn", "scipy", "tensorflow", "keras"):
    sys.modules[name] = None
from skdigits.service._served_model import open_served
served = open_served(sys.argv[1])
print(served.reads_for_page, served.page.count(b'"service": {"reads": false}'))
"""


def test_without_scikit_learn_the_browser_reads_pictures(reader, tmp_path):
    path = skdigits.export(reader, tmp_path / "digits.onnx")
    assert run_python(WITHOUT_SKLEARN, path).stdout == "False 1\n"
