"""The Open Inference Protocol of the service, as JSON and with binary tensors."""

import asyncio
import json
import struct

import httpx
import numpy as np
import pytest
from support import cnn, digits

import skdigits
from skdigits.service._app import make_app
from skdigits.service._served_model import open_served

X, Y = digits()
INFER = "/v2/models/digits/infer"
HEADER = "Inference-Header-Content-Length"


@pytest.fixture(scope="module")
def classifier():
    return cnn(epochs=1).fit(X, np.char.add("n", Y.astype(str)))


@pytest.fixture(scope="module")
def app(classifier, tmp_path_factory):
    path = skdigits.export(classifier, tmp_path_factory.mktemp("model") / "digits.onnx")
    return make_app(open_served(path))


def call(app, method, url, **options):
    async def send():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, url, **options)

    return asyncio.run(send())


def tensor(images, **changes):
    found = {"name": "X", "shape": list(images.shape), "datatype": "UINT8"}
    return found | {"data": images.tolist()} | changes


def binary(request, content):
    """Return a body with binary data, and its headers."""
    head = json.dumps(request).encode()
    return {"content": head + content, "headers": {HEADER: str(len(head))}}


def test_monitors_may_ask_for_the_head_alone(app):
    for url in ("/", "/v2/health/live", "/v2/health/ready"):
        answer = call(app, "HEAD", url)
        assert (answer.status_code, answer.content) == (200, b"")
    described = call(app, "GET", "/openapi.json").json()["paths"]
    assert not any("head" in operations for operations in described.values())


def test_metadata(app):
    assert call(app, "GET", "/v2").json()["extensions"] == ["binary_tensor_data"]
    for url in ("/v2/health/live", "/v2/health/ready", "/v2/models/digits/ready"):
        assert call(app, "GET", url).status_code == 200
    assert call(app, "GET", "/v2/models/other/ready").status_code == 404
    found = call(app, "GET", "/v2/models/digits").json()
    assert found["name"] == "digits"
    assert found["inputs"] == [{"name": "X", "datatype": "UINT8", "shape": [-1, 28, 28]}]
    assert found["outputs"] == [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]},
    ]


@pytest.mark.parametrize("flat", [False, True])
def test_json(app, classifier, flat):
    images = X[:4]
    data = images.ravel().tolist() if flat else images.tolist()
    request = {"id": "1", "inputs": [tensor(images, data=data)]}
    found = call(app, "POST", INFER, json=request).json()
    assert (found["model_name"], found["id"]) == ("digits", "1")
    label, probabilities = found["outputs"]
    assert label == {
        "name": "label", "datatype": "BYTES", "shape": [4],
        "data": classifier.predict(images).tolist(),
    }  # fmt: skip
    assert (probabilities["shape"], probabilities["datatype"]) == ([4, 10], "FP32")
    np.testing.assert_allclose(
        np.reshape(probabilities["data"], (4, 10)), classifier.predict_proba(images), atol=1e-5
    )


@pytest.mark.parametrize("dtype", ["u1", "<i4", "<f4", "<f8"])
def test_binary_tensors(app, classifier, dtype):
    names = {"u1": "UINT8", "<i4": "INT32", "<f4": "FP32", "<f8": "FP64"}
    content = X[:4].astype(dtype).tobytes()
    one = tensor(X[:4], datatype=names[dtype], parameters={"binary_data_size": len(content)})
    del one["data"]
    request = {"inputs": [one], "parameters": {"binary_data_output": True}}
    response = call(app, "POST", INFER, **binary(request, content))
    length = int(response.headers[HEADER])
    label, probabilities = json.loads(response.content[:length])["outputs"]
    sizes = [each["parameters"]["binary_data_size"] for each in (label, probabilities)]
    tail = response.content[length:]
    assert len(tail) == sum(sizes)
    expected = classifier.predict(X[:4])
    assert tail[: sizes[0]] == b"".join(struct.pack("<I", 2) + each.encode() for each in expected)
    found = np.frombuffer(tail[sizes[0] :], "<f4").reshape(4, 10)
    np.testing.assert_allclose(found, classifier.predict_proba(X[:4]), atol=1e-5)


def test_the_outputs_that_are_wanted(app):
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    request = {"inputs": [tensor(X[:1])], "outputs": wanted}
    response = call(app, "POST", INFER, json=request)
    assert len(response.content) - int(response.headers[HEADER]) == 40
    request["outputs"] = [{"name": "label"}]
    (output,) = call(app, "POST", INFER, json=request).json()["outputs"]
    assert output["name"] == "label"


ONE = tensor(X[:1])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ([], "the request is wrong"),
        ({}, "inputs: Field required"),
        ({"inputs": []}, "the model has one input, X"),
        ({"inputs": [ONE, ONE]}, "the model has one input, X"),
        ({"inputs": [ONE | {"name": "Y"}]}, "the model has one input, X"),
        ({"inputs": [ONE], "outputs": [{"name": "Y"}]}, "the outputs label and probabilities"),
        ({"inputs": [ONE], "outputs": 2 * [{"name": "label"}]}, "asks for an output twice"),
        ({"inputs": [ONE | {"datatype": "BYTES"}]}, "the datatype must be one of"),
        ({"inputs": [ONE | {"shape": [1, 28, 27]}]}, "does not have 784 values"),
        ({"inputs": [ONE | {"shape": [-1, 28, -28]}]}, "positive numbers"),
        ({"inputs": [ONE | {"shape": [0, 28, 28]}]}, "positive numbers"),
        ({"inputs": [ONE | {"shape": [2**70, 28, 28]}]}, "does not have 784 values"),
        ({"inputs": [ONE | {"shape": [784]}]}, "shape: List should have at least 2 items"),
        ({"inputs": [ONE | {"shape": [2, 392]}]}, "takes images of shape"),
        ({"inputs": [ONE | {"data": [["a"]]}]}, "an array of numbers"),
        ({"inputs": [ONE | {"shape": [1, 1, 28, 28]}]}, "takes images of shape"),
        ({"inputs": [ONE | {"shape": [28, 28]}]}, "shape (n_images, 28, 28): the first dimension"),
        ({"inputs": [ONE | {"data": [[1], [2, 3]]}]}, "an array of numbers"),
        ({"inputs": [ONE | {"data": [2**80] * 784}]}, "an array of numbers"),
        ({"inputs": [ONE | {"data": [256] * 784}]}, "whole numbers from 0 to 255"),
        ({"inputs": [ONE | {"data": [0.5] * 784}]}, "whole numbers from 0 to 255"),
        ({"inputs": [ONE | {"data": None}]}, "has no data"),
        ({"inputs": [ONE | {"parameters": {"binary_data_size": 784}}]}, "0 bytes follow"),
    ],
)
def test_requests_that_are_wrong(app, request_, message):
    response = call(app, "POST", INFER, json=request_)
    assert response.status_code == 400
    assert message in response.json()["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"parameters": None},
        {"outputs": None},
        {"inputs": [ONE | {"parameters": None}]},
        {"outputs": [{"name": "label", "parameters": None}, {"name": "probabilities"}]},
    ],
)
def test_optional_fields_may_be_null(app, changes):
    """kserve/kserve 3365: clients write null for what they leave out."""
    request = {"inputs": [ONE]}
    response = call(app, "POST", INFER, json=request | changes)
    assert response.status_code == 200
    assert response.json() == call(app, "POST", INFER, json=request).json()


def test_the_json_may_begin_with_a_byte_order_mark(app):
    content = json.dumps({"inputs": [ONE]}).encode("utf-8-sig")
    for headers in ({}, {HEADER: str(len(content))}):
        assert call(app, "POST", INFER, content=content, headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["-1", "x", "100000", "9" * 5000, ""])
def test_a_faulty_length_of_the_json(app, header):
    response = call(app, "POST", INFER, json={"inputs": [ONE]}, headers={HEADER: header})
    assert response.status_code == 400


def test_numbers_that_are_not_finite(app):
    content = np.full(784, np.nan, "<f4").tobytes()
    one = ONE | {"datatype": "FP32", "parameters": {"binary_data_size": len(content)}}
    response = call(app, "POST", INFER, **binary({"inputs": [one]}, content))
    assert response.status_code == 400
    assert "not finite" in response.json()["error"]
