"""Errors that a client is told, as JSON: ``{"error": "what is wrong"}``."""

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from skdigits._files import to_json

JSON = "application/json"
NO_PATH = "there is nothing at this path; /docs describes the service"


class Error(BaseModel):
    """What is wrong with a request."""

    error: str


class RequestError(Exception):
    """Ends a request with a status and a sentence for the client.

    Parameters
    ----------
    status : int
    message : str
    closes : bool, default=False
        Whether the connection is closed: the client may still be sending.
    """

    def __init__(self, status, message, *, closes=False):
        super().__init__(message)
        self.status, self.message, self.closes = status, message, closes


def busy(message="too many requests are under way"):
    """Return the error of a service that has no room now."""
    return RequestError(503, f"{message}; try again in a second", closes=True)


def json_response(content, status=200, headers=None):
    """Return a response with strict JSON; numbers that are not finite become null."""
    return Response(to_json(content, indent=None), status, headers, media_type=JSON)


def add_error_handlers(app):
    """Let an app answer all errors as JSON, and without a traceback."""

    @app.exception_handler(RequestError)
    async def of_request(request, error):
        headers = {"Connection": "close"} if error.closes else {}
        if error.status == 503:
            headers["Retry-After"] = "1"
        return json_response({"error": error.message}, error.status, headers)

    @app.exception_handler(HTTPException)
    async def of_routing(request, error):
        text = NO_PATH if error.status_code == 404 else error.detail
        return json_response({"error": text}, error.status_code, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def of_client(request, error):  # nobody reads this
        return Response(status_code=400)

    @app.exception_handler(Exception)
    async def of_service(request, error):
        return json_response({"error": "the service has failed; its log says why"}, 500)


def error_responses(*statuses):
    """Return what OpenAPI says of errors with these statuses."""
    return {status: {"model": Error, "description": DESCRIPTIONS[status]} for status in statuses}


DESCRIPTIONS = {
    400: "The body cannot be understood.",
    404: "There is no such model.",
    408: "The body took too long.",
    413: "The body, its pictures or their number are too large.",
    415: "A file is not a picture in a known format, or the body is compressed.",
    422: "An image cannot be used.",
    503: "The service is busy. Try again after the seconds in the header Retry-After.",
}
