"""``/v2``: the Open Inference Protocol, with Triton's extension for binary tensors."""

from codecs import BOM_UTF8
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

import skdigits
from skdigits._files import to_json
from skdigits.service._errors import JSON, RequestError, error_responses, json_response
from skdigits.service._tensors import Input, Output, array_of, datatype_of, to_output

INPUT, LABEL, PROBABILITIES = "X", "label", "probabilities"
HEADER = "Inference-Header-Content-Length"  # length of the JSON before binary data
MODEL = "/v2/models/{name}"


class Wanted(BaseModel):
    """An output that a request asks for."""

    name: str
    parameters: dict[str, Any] | None = None


class InferRequest(BaseModel):
    """The JSON of a request."""

    id: str | None = None
    inputs: list[Input]
    outputs: list[Wanted] | None = None
    parameters: dict[str, Any] | None = None


class InferResponse(BaseModel):
    """The JSON of an answer."""

    model_name: str
    id: str | None = None
    outputs: list[Output]


class Tensor(BaseModel):
    """What an input or an output is like; -1 stands for any number of images."""

    name: str
    datatype: str
    shape: list[int]


class ServerMetadata(BaseModel):
    """What the server is."""

    name: str
    version: str
    extensions: list[str]


class ModelMetadata(BaseModel):
    """What the model takes and gives."""

    name: str
    platform: str
    versions: list[str] = []
    inputs: list[Tensor]
    outputs: list[Tensor]


class Ready(BaseModel):
    """The answer of a model that is ready."""

    name: str
    ready: bool


def add_inference_protocol(app, service):
    """Add the routes to an app."""
    _add_server_routes(app)
    _add_model_routes(app, service)


def _add_server_routes(app):
    @app.get("/v2", summary="What the server is", responses={200: {"model": ServerMetadata}})
    async def server_metadata():
        version = skdigits.__version__
        found = {"name": "skdigits", "version": version, "extensions": ["binary_tensor_data"]}
        return json_response(found)

    @app.head("/v2/health/live", include_in_schema=False)  # monitors ask so
    @app.get("/v2/health/live", summary="Whether the server is live")
    async def live():
        return json_response({"live": True})

    @app.head("/v2/health/ready", include_in_schema=False)
    @app.get("/v2/health/ready", summary="Whether the server is ready")
    async def ready():
        return json_response({"ready": True})


def _add_model_routes(app, service):
    model, graph = service.model, service.model.pictures.graph
    classes = np.asarray(graph.classes)
    metadata = _metadata(model.name, graph, classes)

    def check(name):
        if name != model.name:
            raise RequestError(404, f"there is no model {name!r}; this service has {model.name!r}")

    @app.get(
        MODEL,
        summary="What the model takes and gives",
        responses={200: {"model": ModelMetadata}, **error_responses(404)},
    )
    async def model_metadata(name: str):
        check(name)
        return json_response(metadata)

    @app.get(
        MODEL + "/ready",
        summary="Whether the model is ready",
        responses={200: {"model": Ready}, **error_responses(404)},
    )
    async def model_ready(name: str):
        check(name)
        return json_response({"name": name, "ready": True})

    @app.post(
        MODEL + "/infer",
        summary="Predict arrays",
        responses={200: {"model": InferResponse}, **error_responses(400, 404, 408, 413, 415, 503)},
        openapi_extra={"requestBody": _body(metadata["inputs"][0])},
    )
    async def infer(name: str, request: Request):
        """Send images as the ONNX file of the model takes them, in the scale of the training."""
        check(name)

        async def answer(body):
            asked, images = await service.read(_read, body, request.headers.get(HEADER), service)
            probabilities = await service.predict(images)
            arrays = {LABEL: classes[probabilities.argmax(axis=1)], PROBABILITIES: probabilities}
            return _answer(asked, model.name, arrays)

        return await service.answer(request, answer)


def _metadata(name, graph, classes):
    rows = [-1, *graph.input_shape]
    labels = {"name": LABEL, "datatype": datatype_of(classes.dtype), "shape": [-1]}
    shape = [-1, len(classes)]
    return {
        "name": name,
        "platform": "onnx_onnxruntime",
        "versions": [],
        "inputs": [{"name": INPUT, "datatype": datatype_of(graph.input_dtype), "shape": rows}],
        "outputs": [labels, {"name": PROBABILITIES, "datatype": "FP32", "shape": shape}],
    }


def _split(header, body):
    """Return the JSON and what follows it."""
    if header is None:
        return body, b""
    if not (header.isascii() and header.isdigit() and int(header[:20]) <= len(body)):
        raise RequestError(400, f"the header {HEADER} is not a length within the body")
    length = int(header)
    return body[:length], body[length:]


def _read(body, header, service):
    """Return a request, and its images as the graph takes them."""
    head, tail = _split(header, body)
    try:
        asked = InferRequest.model_validate_json(head.removeprefix(BOM_UTF8))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        message = f"{place}: {first['msg']}" if place else first["msg"]
        raise RequestError(400, f"the request is wrong: {message}") from None
    names = [each.name for each in asked.inputs]
    if names != [INPUT]:
        raise RequestError(400, f"the model has one input, {INPUT}; got {names}")
    wanted = [each.name for each in asked.outputs or []]
    if unknown := set(wanted) - {LABEL, PROBABILITIES}:
        raise RequestError(
            400, f"the model has the outputs {LABEL} and {PROBABILITIES}; got {min(unknown)!r}"
        )
    if len(set(wanted)) < len(wanted):
        raise RequestError(400, "the request asks for an output twice")
    array = array_of(asked.inputs[0], tail)
    if len(array) > service.limits.n_images:
        raise RequestError(413, f"a request may have at most {service.limits.n_images} images")
    try:
        return asked, service.model.pictures.graph.to_input(array)
    except ValueError as error:
        raise RequestError(400, str(error)) from None


def _answer(asked, name, arrays):
    all_binary = bool((asked.parameters or {}).get("binary_data_output"))
    wanted = asked.outputs or [Wanted(name=each) for each in arrays]
    outputs, tail = [], b""
    for each in wanted:
        binary = bool((each.parameters or {}).get("binary_data", all_binary))
        output, content = to_output(each.name, arrays[each.name], binary=binary)
        outputs.append(output)
        tail += content
    found = {"model_name": name, "outputs": outputs}
    if asked.id is not None:
        found["id"] = asked.id
    if not tail:
        return json_response(found)
    head = to_json(found, indent=None).encode()
    headers = {HEADER: str(len(head))}
    return Response(head + tail, headers=headers, media_type="application/octet-stream")


def _body(tensor):
    """Return what OpenAPI says of the body of a request."""
    parameters = {"type": "object"}
    data = {"type": "array", "items": {}}
    properties = {
        "name": {"const": tensor["name"]},
        "shape": {
            "type": "array",
            "items": {"type": "integer", "minimum": 1},
            "minItems": len(tensor["shape"]),
            "maxItems": len(tensor["shape"]),
        },
        "datatype": {"type": "string", "examples": [tensor["datatype"]]},
        "data": data,
        "parameters": parameters,
    }
    one = {
        "type": "object",
        "properties": properties,
        "required": ["name", "shape", "datatype", "data"],
    }
    output = {
        "type": "object",
        "properties": {"name": {"enum": [LABEL, PROBABILITIES]}, "parameters": parameters},
        "required": ["name"],
    }
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "inputs": {"type": "array", "items": one, "minItems": 1, "maxItems": 1},
            "outputs": {"type": "array", "items": output, "maxItems": 2},
            "parameters": parameters,
        },
        "required": ["inputs"],
    }
    return {"required": True, "content": {JSON: {"schema": schema}}}
