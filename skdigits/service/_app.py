"""The app: all routes of the service."""

from contextlib import asynccontextmanager

from fastapi import FastAPI

import skdigits
from skdigits.service._errors import add_error_handlers
from skdigits.service._hosts import ForHosts
from skdigits.service._inference_protocol import add_inference_protocol
from skdigits.service._limits import Limits
from skdigits.service._metrics import Measured, add_metrics
from skdigits.service._predict_route import add_predict
from skdigits.service._service import Service
from skdigits.service._web_pages import add_pages


def make_app(model, limits=None, hosts=None):
    """Return the ASGI app of a model.

    Parameters
    ----------
    model : ServedModel
    limits : Limits, default=None
        None takes the usual ones.
    hosts : set of str, default=None
        As `ForHosts` takes it.
    """
    service = Service(model, limits or Limits())

    @asynccontextmanager
    async def lifespan(app):
        yield
        service.close()

    app = FastAPI(
        title=f"{model.name}, by skdigits",
        version=skdigits.__version__,
        docs_url=None,  # FastAPI's page loads its scripts from another host
        redoc_url=None,
        redirect_slashes=False,  # behind a proxy, it would lead to another address
        lifespan=lifespan,
    )
    add_error_handlers(app)
    add_predict(app, service)
    add_inference_protocol(app, service)
    add_metrics(app, service.metrics)
    add_pages(app, service)
    return Measured(ForHosts(app, hosts), service.metrics)
