"""``POST /predict``: labels of pictures, with their probabilities."""

from typing import Any

from pydantic import BaseModel
from starlette.requests import Request

from skdigits._picture_model import rankings
from skdigits.service._errors import error_responses, json_response

BINARY = {"schema": {"type": "string", "format": "binary"}}


class Prediction(BaseModel):
    """What the model says of an image."""

    label: str
    probabilities: dict[str, float | None]


class Predictions(BaseModel):
    """An answer: a prediction for each image, in their order."""

    model: str
    predictions: list[Prediction]


def add_predict(app, service):
    """Add the route to an app."""
    pictures = service.model.pictures

    @app.post(
        "/predict",
        summary="Predict the labels of pictures",
        response_description="A prediction for each image. The probabilities are in falling order.",
        responses={200: {"model": Predictions}, **error_responses(400, 408, 413, 415, 422, 503)},
        openapi_extra={"requestBody": _body(pictures.form)},
    )
    async def predict(request: Request):
        """Send a picture as it is, several in a form, or pixels as JSON.

        A picture is PNG, JPEG, WebP or GIF; its content decides, and not its Content-Type. It is
        brought to the size and the colours of the training images. Of an animation, the first
        picture counts.
        """
        content_type = request.headers.get("content-type", "")

        async def answer(body):
            images = await service.read_images(content_type, body)
            probabilities = await service.predict(images)
            labels = [pictures.labels[best] for best in probabilities.argmax(axis=1)]
            found = [
                {"label": label, "probabilities": dict(ranking)}
                for label, ranking in rankings(pictures.labels, labels, probabilities)
            ]
            return json_response({"model": service.model.name, "predictions": found})

        return await service.answer(request, answer)


def _body(form):
    """Return what OpenAPI says of the body."""
    image: dict[str, Any] = {"type": "array", "minItems": form.height, "maxItems": form.height}
    rows = {"type": "array", "minItems": form.width, "maxItems": form.width}
    number: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 255}
    if len(form.shape) == 3:
        number = {"type": "array", "minItems": 3, "maxItems": 3, "items": number}
    image = image | {"items": rows | {"items": number}}
    pixels = {
        "anyOf": [image, {"type": "array", "minItems": 1, "items": image}],
        "description": "An image or a list of images: numbers from 0 to 255 or, if none is "
        "larger than 1, from 0 to 1.",
    }
    form_of_files = {
        "type": "object",
        "properties": {"picture": {"type": "array", "minItems": 1, "items": BINARY["schema"]}},
        "required": ["picture"],
    }
    pictures = ("image/png", "image/jpeg", "image/webp", "image/gif")
    content: dict[str, Any] = dict.fromkeys(pictures, BINARY)
    content |= {
        "multipart/form-data": {"schema": form_of_files},
        "application/json": {"schema": pixels},
    }
    return {"required": True, "content": content}
