"""The service's answers to pictures and arrays, its limits, and how it behaves under load."""

import asyncio
import dataclasses
import io
import json
import struct
import threading
import tracemalloc
import zlib

import httpx
import numpy as np
import pytest
from PIL import ExifTags, Image
from sklearn.pipeline import make_pipeline
from support import cnn, digits, mlp

import skdigits
from skdigits.preprocessing import DigitNormalizer
from skdigits.service._app import make_app
from skdigits.service._batcher import Batcher
from skdigits.service._hosts import hosts_of
from skdigits.service._limits import Limits
from skdigits.service._served_model import open_served

X, Y = digits()
FORMATS = ("PNG", "JPEG", "WebP", "GIF")
SMALL_LIMITS = Limits(n_bytes=20_000, n_pixels=10_000, n_images=3)


@pytest.fixture(scope="module")
def classifier():
    return cnn(epochs=1).fit(X, Y)


@pytest.fixture(scope="module")
def model(classifier, tmp_path_factory):
    """Return the model of an ONNX file."""
    path = skdigits.export(classifier, tmp_path_factory.mktemp("model") / "digits.onnx")
    return open_served(path)


@pytest.fixture(scope="module")
def app(model):
    return make_app(model)


@pytest.fixture(scope="module")
def limited(model):
    return make_app(model, SMALL_LIMITS)


def together(app, *requests):
    """Answer requests that arrive at the same time; each is a dict of httpx's arguments."""

    async def send():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await asyncio.gather(
                *(
                    client.request(**{"method": "POST", "url": "/predict"} | each)
                    for each in requests
                )
            )

    return asyncio.run(send())


def get(app, url):
    return together(app, {"method": "GET", "url": url})[0]


def predict(app, **request):
    """Return the status of a request to /predict, and its predictions or the error."""
    (response,) = together(app, request)
    assert response.headers["content-type"] == "application/json"
    content = response.json()
    return response.status_code, content.get("predictions") or content["error"]


def encoded(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def assert_predicts(predictions, probabilities):
    """Check predictions against an array of probabilities."""
    assert len(predictions) == len(probabilities)
    for each, row in zip(predictions, probabilities, strict=True):
        assert each["label"] == str(row.argmax())
        values = [each["probabilities"][str(label)] for label in range(10)]
        np.testing.assert_allclose(values, row, atol=1e-4)
        ranked = list(each["probabilities"].values())
        assert ranked == sorted(ranked, reverse=True)


# Pictures and arrays


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_is_predicted_whatever_its_content_type_says(app, classifier, kind):
    content = encoded(X[3], kind, **({} if kind in ("PNG", "GIF") else {"quality": 95}))
    read = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    for type_ in ("image/png", "text/plain", "application/x-www-form-urlencoded"):
        status, found = predict(app, content=content, headers={"content-type": type_})
        assert status == 200
        assert_predicts(found, classifier.predict_proba(read[None]))


def test_a_form_with_many_pictures(app, classifier):
    names = ["a.png", "../../etc/passwd", "C:\\x", "", "a.png", "\u202e.exe"]
    files = [("any", (name or "x", encoded(X[i]))) for i, name in enumerate(names)]
    status, found = predict(app, files=files, data={"field": "ignored"})
    assert status == 200
    assert_predicts(found, classifier.predict_proba(X[:6]))


def test_the_files_of_a_form(app, classifier):
    """Some clients write only the extended name; browsers send fields without a file, too."""
    parts = [
        ('; filename="a.png"', encoded(X[0])),
        ("; filename*=UTF-8''%E2%82%AC.png", encoded(X[1])),
        ('; filename=""', b""),
        ('; filename=""', encoded(X[2])),
        ("", b"a field"),
    ]

    def body(parts):
        name = b'--b\r\nContent-Disposition: form-data; name="x"'
        whole = [name + end.encode() + b"\r\n\r\n" + content + b"\r\n" for end, content in parts]
        return b"".join([*whole, b"--b--\r\n"])

    status, found = predict(app, content=body(parts), headers=FORM)
    assert status == 200
    assert_predicts(found, classifier.predict_proba(X[:3]))
    status, error = predict(app, content=body(parts[2:3]), headers=FORM)
    assert (status, "the form has no file" in error) == (400, True)


@pytest.mark.parametrize("convert", [np.asarray, lambda x: x / 255, lambda x: x[..., None]])
def test_arrays(app, classifier, convert):
    status, found = predict(app, json=convert(X[:5]).tolist())
    assert status == 200
    assert_predicts(found, classifier.predict_proba(X[:5]))
    status, found = predict(app, json=convert(X[5:6])[0].tolist())
    assert_predicts(found, classifier.predict_proba(X[5:6]))


@pytest.mark.parametrize("kind", [bool, int, float])
def test_arrays_of_black_and_white(app, kind):
    """JavaScript writes 0 and 1 for fractions that are whole."""
    images = X[:5] > 100
    status, found = predict(app, json=images.astype(kind).tolist())
    assert status == 200
    assert found == predict(app, json=(images * 255).tolist())[1]


def test_json_may_begin_with_a_byte_order_mark(app, classifier):
    content = json.dumps(X[:2].tolist()).encode("utf-8-sig")
    headers = JSON | {"content-encoding": "Identity"}  # of any case
    status, found = predict(app, content=content, headers=headers)
    assert status == 200
    assert_predicts(found, classifier.predict_proba(X[:2]))


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        (bool, ".onnx"),
        (float, ".skd"),
        pytest.param(bool, ".skd", marks=pytest.mark.slow),
        pytest.param(float, ".onnx", marks=pytest.mark.slow),
    ],
)
def test_labels_are_the_text_of_those_of_the_training(kind, suffix, tmp_path):
    model = mlp(epochs=1).fit(X, (Y < 5).astype(kind))
    write = skdigits.save if suffix == ".skd" else skdigits.export
    served = make_app(open_served(write(model, tmp_path / f"model{suffix}")))
    (found,) = predict(served, content=encoded(X[0]))[1]
    assert set(found["probabilities"]) == {str(label) for label in model.classes_}


def test_a_photograph_is_turned_upright_and_resized(app, classifier):
    large = np.kron(X[3], np.ones((4, 4), np.uint8))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned by a quarter
    turned = encoded(np.rot90(large), "JPEG", quality=98, exif=exif)
    (answer,) = predict(app, content=turned)[1]
    assert answer["label"] == str(classifier.predict(X[3:4])[0])


def test_large_pictures_and_bodies(app, classifier):
    large = np.kron(X[3], np.ones((50, 50), np.uint8))
    assert_predicts(predict(app, content=encoded(large))[1], classifier.predict_proba(X[3:4]))
    padded = b" " * 2**21 + json.dumps(X[3].tolist()).encode()
    (found,) = predict(app, content=padded, headers={"content-type": "application/json"})[1]
    assert_predicts([found], classifier.predict_proba(X[3:4]))


def test_colours_scale_and_names_of_the_training(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 0.2, (40, 9, 12, 3))
    images[:20, ..., 0] += 0.7
    images[20:, ..., 2] += 0.7
    names = np.repeat(["<b>röt", "blue"], 20)
    network = mlp(epochs=10).fit(images, names)
    skdigits.save(network, tmp_path / "two colours.skd")
    app = make_app(open_served(tmp_path / "two colours.skd"))
    files = [("x", encoded(np.rint(255 * image).astype(np.uint8))) for image in images[[0, 30]]]
    (response,) = together(app, {"files": files})
    assert response.json()["model"] == "two colours"
    found = response.json()["predictions"]
    assert [each["label"] for each in found] == network.predict(images[[0, 30]]).tolist()
    for each, row in zip(found, network.predict_proba(images[[0, 30]]), strict=True):
        assert each["probabilities"] == pytest.approx(
            dict(zip(network.classes_, row, strict=True)), abs=1e-2
        )
    metadata = get(app, "/v2/models/two%20colours").json()
    assert metadata["inputs"] == [{"name": "X", "datatype": "FP32", "shape": [-1, 9, 12, 3]}]
    assert metadata["outputs"][0]["datatype"] == "BYTES"


def test_a_digit_is_found_in_a_photograph(classifier, tmp_path):
    pipeline = make_pipeline(DigitNormalizer(), classifier)
    app = make_app(open_served(skdigits.save(pipeline, tmp_path / "d.skd")))
    page = np.full((120, 180), 230, np.uint8)
    page[20:76, 60:116] -= (np.kron(X[0], np.ones((2, 2))) * 0.8).astype(np.uint8)
    status, found = predict(app, content=encoded(page))
    assert status == 200
    assert_predicts(found, pipeline.predict_proba([page]))
    status, error = predict(app, content=encoded(np.full((90, 90), 230, np.uint8)))
    assert status == 422
    assert "digit" in error


# What is refused


FAULTY_FORM = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nxyz'
FORM = {"content-type": "multipart/form-data; boundary=b"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("request_", "status", "message"),
    [
        ({}, 400, "the body is empty"),
        ({"content": b"no picture"}, 415, "not a picture; send PNG"),
        ({"content": b"x", "headers": {"content-encoding": "gzip"}}, 415, "Content-Encoding"),
        ({"content": encoded(X[0], "BMP")}, 415, "not a picture; send PNG"),
        ({"content": encoded(X[0], "TIFF")}, 415, "not a picture; send PNG"),
        ({"content": b"%!PS-Adobe-3.0 EPSF-3.0\n"}, 415, "not a picture; send PNG"),
        ({"content": encoded(X[0])[:60]}, 422, "the file cannot be read"),
        ({"content": encoded(X[0], "JPEG")[:300]}, 422, "the file cannot be read"),
        ({"files": [("a", encoded(X[0])), ("b", b"?")]}, 415, "picture 2: the file is not"),
        ({"files": [("a", encoded(X[0])), ("b", b"")]}, 422, "picture 2: the file is empty"),
        ({"content": FAULTY_FORM, "headers": FORM}, 400, "the form is cut short"),
        ({"content": b"xyz", "headers": FORM}, 400, "not a form"),
        ({"content": b"xyz", "headers": {"content-type": "multipart/form-data"}}, 400, "boundary"),
        (
            {"content": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n',
             "headers": FORM},
            400, "the form has no file",
        ),
        ({"content": b" [[0]]"}, 415, "for JSON, send the header Content-Type: application/json"),
        ({"content": b"{}", "headers": {"content-type": "text/json"}}, 415, "for JSON, send"),
        ({"content": b"{", "headers": JSON}, 400, "not JSON"),
        ({"content": b"\xff", "headers": JSON}, 400, "not JSON"),
        ({"content": b"[" * 10_000, "headers": JSON}, 400, "not JSON"),
        ({"content": b"[[NaN]]", "headers": JSON}, 400, "not JSON"),
        ({"content": b"[1" + b"0" * 5_000 + b"]", "headers": JSON}, 4, ""),
        ({"json": {"images": []}}, 422, "send an image of 28 x 28 numbers"),
        ({"json": []}, 422, "send an image of 28 x 28 numbers"),
        ({"json": [[1, 2], [3]]}, 422, "this is not an array"),
        ({"json": [["a"] * 28] * 28}, 422, "not an array of numbers"),
        ({"json": [[0] * 27] * 28}, 422, "another kind"),
        ({"json": [[256] + [0] * 27] * 28}, 422, "give values from 0 to 255"),
        ({"json": [[-1] + [0] * 27] * 28}, 422, "give values from 0 to 255"),
        ({"json": [[10**400] + [0] * 27] * 28}, 422, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_used(app, request_, status, message):
    found, error = predict(app, **request_)
    assert str(found).startswith(str(status))
    assert message in error
    assert "\n" not in error
    assert "Traceback" not in error


@pytest.mark.parametrize("nested", [False, True])
def test_a_long_text_takes_no_memory_for_each_value(app, nested):
    """numpy gives all texts of an array the memory of the longest."""
    values = ["a" * 100_000, *["b"] * 10_000]
    tracemalloc.start()
    status, error = predict(app, json=[values] if nested else values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (status, peak < 50e6) == (422, True)
    assert "not an array of numbers" in error


def png_header(width, height):
    """Return a PNG of a few bytes that claims to be large."""

    def chunk(kind, data):
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def gif_header(width, height):
    content = encoded(X[0], "GIF")
    return content[:6] + struct.pack("<HH", width, height) + content[10:]


def webp_header(width, height):
    frames = [Image.fromarray(image) for image in X[:2]]
    file = io.BytesIO()
    frames[0].save(file, "WebP", save_all=True, append_images=frames[1:])
    content = file.getvalue()
    assert content[12:16] == b"VP8X"
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return content[:24] + size + content[30:]


@pytest.mark.parametrize("size", [(6_000, 6_000), (10_000, 10_000), (40_000, 40_000)])
@pytest.mark.parametrize("make", [png_header, gif_header, webp_header])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_decompression_bombs(app, make, size):
    status, error = predict(app, content=make(*size))
    if make is webp_header and status == 422:
        assert "decoder" in error  # libwebp itself refuses it
        return
    assert status == 413
    assert error == "the pictures of a request may have at most 25 million pixels together"


def test_limits(limited):
    noise = np.random.default_rng(0).integers(0, 256, (150, 150), dtype=np.uint8)
    assert predict(limited, content=encoded(noise)) == (
        413, "the body may have at most 20000 bytes",
    )  # fmt: skip
    assert predict(limited, content=bytes(100_000))[0] == 413
    flat = np.zeros((90, 90), np.uint8)  # two have too many pixels
    assert predict(limited, content=encoded(flat))[0] == 200
    status, error = predict(limited, files=[("a", encoded(flat)), ("b", encoded(flat))])
    assert (status, "million pixels" in error) == (413, True)
    four = (413, "a request may have at most 3 images")
    assert predict(limited, files=[("a", encoded(X[0]))] * 4) == four
    assert predict(limited, json=np.zeros((4, 28, 28), int).tolist()) == four
    tensor = {"name": "X", "shape": [4, 28, 28], "datatype": "UINT8", "data": [0] * 3136}
    infer = {"url": "/v2/models/digits/infer", "json": {"inputs": [tensor]}}
    assert predict(limited, **infer) == four


def test_a_body_that_does_not_come(model):
    async def body():
        yield b"\x89PNG"
        await asyncio.Event().wait()

    status, error = predict(make_app(model, Limits(seconds_for_body=0.2)), content=body())
    assert (status, error) == (408, "the body did not arrive within 0.2 seconds")


# Many requests


class Held:
    """A graph that waits before each prediction, and notes the number of images."""

    def __init__(self, graph):
        self._graph = graph
        self.calls, self.started, self.go_on = [], threading.Event(), threading.Event()

    def __getattr__(self, name):
        return getattr(self._graph, name)

    def run(self, images):
        self.calls.append(len(images))
        self.started.set()
        assert self.go_on.wait(30)
        return self._graph.run(images)


def with_graph(model, kind, **limits):
    """Return a graph of this class around that of the model, and the app of the model with it."""
    graph = kind(model.pictures.graph)
    pictures = dataclasses.replace(model.pictures, graph=graph)
    return graph, make_app(dataclasses.replace(model, pictures=pictures), Limits(**limits))


def held(model, **limits):
    """Return a graph that waits, and the app of the model with it."""
    return with_graph(model, Held, **limits)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


def while_busy(graph, app, requests):
    """Send a request, then others while the model is busy with the first; return all responses."""

    async def send():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            post = client.post
            first = asyncio.create_task(post("/predict", content=encoded(X[0])))
            await until(graph.started.is_set)
            others = [asyncio.create_task(post("/predict", **each)) for each in requests]
            n_waiting = 0
            while n_waiting < sum(not each.done() for each in others):
                await asyncio.sleep(0.001)
                text = (await client.get("/metrics")).text
                n_waiting = int(float(text.split("\nskdigits_images_waiting ")[1].split()[0]))
            graph.go_on.set()
            return await asyncio.gather(first, *others)

    return asyncio.run(send())


def test_requests_that_wait_are_predicted_together(model, classifier):
    graph, app = held(model)
    requests = [{"content": encoded(image)} for image in X[1:6]]
    responses = while_busy(graph, app, requests)
    assert graph.calls == [1, 5]
    found = [response.json()["predictions"][0] for response in responses]
    assert_predicts(found, classifier.predict_proba(X[:6]))
    assert "skdigits_images_together_sum 6.0" in get(app, "/metrics").text


def test_a_full_queue_says_when_to_come_back(model):
    graph, app = held(model, bytes_waiting=2 * 784)
    responses = while_busy(graph, app, [{"content": encoded(image)} for image in X[:5]])
    statuses = [response.status_code for response in responses]
    assert sorted(statuses) == [200, 200, 200, 503, 503, 503]
    refused = next(each for each in responses if each.status_code == 503)
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["error"].startswith("too many images are waiting")
    assert predict(app, content=encoded(X[0]))[0] == 200  # nothing is left over


@pytest.mark.parametrize("limits", [{"n_requests": 2}, {"bytes_under_way": 700}])
def test_too_many_requests_under_way(model, limits):
    graph, app = held(model, **limits)
    responses = while_busy(graph, app, [{"content": encoded(X[0])}] * 4)
    statuses = {response.status_code for response in responses}
    assert statuses == {200, 503}
    assert predict(app, content=encoded(X[0]))[0] == 200


def test_an_answer_that_takes_too_long(model):
    graph, app = held(model, seconds_for_answer=0.05)
    status, error = predict(app, content=encoded(X[0]))
    graph.go_on.set()
    assert (status, error) == (503, "the answer took too long; try again in a second")


def test_a_failure_of_the_model_shows_no_traceback(model):
    class Broken(Held):
        def run(self, images):
            raise RuntimeError("secret")

    _, app = with_graph(model, Broken)
    for _ in range(2):
        assert predict(app, content=encoded(X[0])) == (
            500, "the service has failed; its log says why",
        )  # fmt: skip


def test_images_that_cannot_be_joined_fail_at_once():
    async def send():
        batcher = Batcher(lambda images: images.sum(axis=(1, 2)), Limits(), lambda n: None)
        requests = [batcher.predict(np.ones((1, side, side))) for side in (4, 5)]
        together = asyncio.gather(*requests, return_exceptions=True)
        failed = await asyncio.wait_for(together, timeout=20)
        return failed, await batcher.predict(np.ones((1, 4, 4)))

    failed, found = asyncio.run(send())
    assert [type(each) for each in failed] == [ValueError, ValueError]
    assert found.tolist() == [16]


def test_probabilities_that_are_not_numbers_are_strict_json(model):
    class Broken(Held):
        def run(self, images):
            return np.full((len(images), 10), np.nan, np.float32)

    _, app = with_graph(model, Broken)
    (found,) = predict(app, content=encoded(X[0]))[1]
    assert list(found["probabilities"].values()) == [None] * 10


# The rest


def test_metrics(model):
    app = make_app(model)
    predict(app, content=encoded(X[0]))
    predict(app, content=b"no picture")
    for number in range(3):
        assert get(app, f"/{number}").status_code == 404
    text = get(app, "/metrics").text
    assert 'skdigits_requests_total{path="/predict",status="200"} 1.0' in text
    assert 'skdigits_requests_total{path="/predict",status="415"} 1.0' in text
    assert 'skdigits_requests_total{path="other",status="404"} 3.0' in text
    assert 'skdigits_request_seconds_count{path="/predict"} 2.0' in text
    assert "process_resident_memory_bytes" in text or "python" not in text  # not on all systems


def test_pages_load_nothing_from_elsewhere(app):
    for url in ("/", "/docs"):
        response = get(app, url)
        assert response.status_code == 200
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "https://" not in response.text
        assert "connect-src" not in response.text or "; connect-src 'self'\">" in response.text
        assert "<!DOCTYPE html>" in response.text
    described = get(app, "/openapi.json").json()["paths"]
    assert {"/predict", "/v2/models/{name}/infer", "/metrics"} < set(described)
    for path in described:
        assert path in get(app, "/docs").text


def test_other_sites_are_not_let_in(app):
    headers = {"Origin": "https://example.org"}
    for method in ("OPTIONS", "POST"):
        request = {"method": method, "content": encoded(X[0]), "headers": headers}
        (response,) = together(app, request)
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_the_page_knows_how_digits_have_to_look(model, tmp_path):
    dark = cnn(epochs=1).fit(255 - X, Y)
    forms = [model.form, open_served(skdigits.export(dark, tmp_path / "dark.onnx")).form]
    assert [(form["digits"], form["light_ink"]) for form in forms] == [(True, True), (True, False)]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("LOCALHOST", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("[::1]", "::1"),
        ("ip6-localhost", "::1"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
    ],
)
def test_a_service_for_this_machine_answers_to_its_own_names(model, host, address):
    """Another name may belong to a page that has let it lead to this machine."""
    app = make_app(model, hosts=hosts_of(host, address))

    def status(value):
        headers = [("Host", value)] if value else []
        return together(app, {"method": "GET", "url": "/docs", "headers": headers})[0].status_code

    fixed = ("localhost", "localhost:8000", "LocalHost:80", "127.0.0.1:8000", "[::1]:8000")
    for own in (*fixed, host, f"[{address}]:8000"):
        assert status(own) == 200
    for other in ("example.org", "localhost.example.org", "example.org:8000", "[::2]", "x y", ":"):
        assert status(other) == 421
    content = {"content": encoded(X[0]), "headers": {"Host": "example.org"}}
    found, error = predict(app, **content)
    assert found == 421
    assert "'example.org'; a proxy before it has to send one of these names" in error


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "0.0.0.0"), ("::", "::"), ("digits.example.org", "192.0.2.1")],
)
def test_a_service_for_others_answers_to_all_names(model, host, address):
    app = make_app(model, hosts=hosts_of(host, address))
    headers = {"Host": "example.org"}
    assert predict(app, content=encoded(X[0]), headers=headers)[0] == 200


def test_unknown_paths_and_methods_are_json(app):
    unknown = ("/nothing", "/predict/", "/v2/models/other/infer")
    for request in ({"method": "GET"}, *({"url": url} for url in unknown)):
        status, error = predict(app, **request)
        assert (status, bool(error)) == (405 if "method" in request else 404, True)


def test_answers_are_compact(app):
    (response,) = together(app, {"content": encoded(X[0])})
    assert json.loads(response.text)
    assert len(response.content) < 500
