"""Bodies that nobody would send on purpose: the service answers each with a status below 500."""

import asyncio
import contextlib
import io
import json

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from PIL import Image
from support import cnn, digits

import skdigits
from skdigits.service._app import make_app
from skdigits.service._served_model import open_served

X, Y = digits()
KINDS = ("PNG", "JPEG", "WebP", "GIF")
TYPES = ("image/png", "application/json", "multipart/form-data; boundary=b", "", "?;=")
URLS = ("/predict", "/read")  # the second is what the page uses
INFER = "/v2/models/digits/infer"
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=4_000)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "digits.onnx"
    return make_app(open_served(skdigits.export(cnn(epochs=1).fit(X, Y), path)))


def encoded(kind):
    file = io.BytesIO()
    Image.fromarray(X[0]).save(file, kind)
    return file.getvalue()


def answered(app, content, url="/predict", **headers):
    """Send a body; check that the answer is JSON with a status below 500, and return the status."""

    async def send():
        transport = httpx.ASGITransport(app)  # raises errors of the service
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.post(url, content=content, headers=headers)

    response = asyncio.run(send())
    assert response.status_code < 500
    assert ("error" in response.json()) == (response.status_code != 200)
    return response.status_code


@st.composite
def damaged(draw):
    """Return a picture with some bytes changed, cut out or put in."""
    content = bytearray(encoded(draw(st.sampled_from(KINDS))))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(content)


def forms(content):
    """Return what may be a form with the boundary b."""
    line = st.sampled_from(
        [b"--b\r\n", b"--b--\r\n", b"\r\n", b"--b", b'Content-Disposition: form-data; name="a"',
         b'; filename="x"\r\n', b"Content-Type: image/png\r\n", b"\n", b": ", encoded("PNG")]
    )  # fmt: skip
    return st.lists(st.one_of(line, content), max_size=12).map(b"".join)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda each: st.one_of(
        st.lists(each, max_size=30), st.dictionaries(st.text(max_size=8), each, max_size=4)
    ),
    max_leaves=40,
)
tensors = st.fixed_dictionaries(
    {"name": st.just("X")},
    optional={
        "shape": st.one_of(json_values, st.just([1, 28, 28])),
        "datatype": st.sampled_from(["UINT8", "FP16", "BOOL", "BYTES", "", None]),
        "data": st.one_of(json_values, st.just([0.5] * 784), st.just(X[0].tolist())),
        "parameters": st.dictionaries(
            st.just("binary_data_size"), st.one_of(json_values, st.just(784))
        ),
    },
)
infer_requests = st.fixed_dictionaries(
    {"inputs": st.one_of(json_values, st.lists(tensors, max_size=2))},
    optional={
        "id": json_values,
        "outputs": st.one_of(
            json_values, st.just([{"name": "label", "parameters": {"binary_data": 1}}])
        ),
        "parameters": json_values,
    },
)


def check_pictures(app, content, type_, url):
    answered(app, content, url, **{"content-type": type_})


def check_forms(app, content):
    answered(app, content, **{"content-type": "multipart/form-data; boundary=b"})


def check_json(app, value):
    content = json.dumps(value).encode()
    answered(app, content, **{"content-type": "application/json"})


def check_infer(app, value, length, tail):
    head = json.dumps(value).encode()
    length = len(head) if length is None else length
    answered(app, head + tail, INFER, **{"Inference-Header-Content-Length": str(length)})


pictures = st.one_of(damaged(), st.binary(max_size=100))
lengths = st.one_of(st.none(), st.integers(-5, 500))
tails = st.one_of(st.binary(max_size=20), st.just(bytes(784)))


@FEW
@given(content=pictures, type_=st.sampled_from(TYPES), url=st.sampled_from(URLS))
def test_pictures(app, content, type_, url):
    check_pictures(app, content, type_, url)


@FEW
@given(content=forms(pictures))
def test_forms(app, content):
    check_forms(app, content)


@FEW
@given(value=json_values)
def test_json(app, value):
    check_json(app, value)


@FEW
@given(value=infer_requests, length=lengths, tail=tails)
def test_the_inference_protocol(app, value, length, tail):
    check_infer(app, value, length, tail)


@pytest.mark.slow
@MANY
@given(content=pictures, type_=st.sampled_from(TYPES), url=st.sampled_from(URLS))
def test_many_pictures(app, content, type_, url):
    check_pictures(app, content, type_, url)


@pytest.mark.slow
@MANY
@given(content=forms(pictures))
def test_many_forms(app, content):
    check_forms(app, content)


@pytest.mark.slow
@MANY
@given(value=infer_requests, length=lengths, tail=tails)
def test_much_of_the_inference_protocol(app, value, length, tail):
    check_infer(app, value, length, tail)


@pytest.mark.slow
def test_what_the_schema_allows_and_forbids(app):
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis import checks

    wanted = [checks.not_a_server_error, checks.status_code_conformance,
              checks.content_type_conformance, checks.response_schema_conformance]  # fmt: skip

    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) == 8
    for operation in operations:
        for mode in schemathesis.GenerationMode:

            @settings(FEW, max_examples=200)
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case):
                case.call_and_validate(checks=wanted)

            with contextlib.suppress(Unsatisfiable):  # without parameters, nothing is wrong
                check()


def test_a_good_body_is_answered(app):
    for kind in KINDS:
        assert answered(app, encoded(kind)) == 200
    assert np.shape(X[0]) == (28, 28)
