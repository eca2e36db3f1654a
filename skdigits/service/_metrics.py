"""What the service counts, in the format of Prometheus."""

import time

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.responses import PlainTextResponse, Response

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
IMAGES = (1, 2, 4, 8, 16, 32, 64)
UNKNOWN = "other"  # in place of paths that are not ours


class Metrics:
    """The counts of one service."""

    def __init__(self):
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = self._make(
            Counter, "skdigits_requests", "Requests that were answered.", ["path", "status"]
        )
        self._seconds = self._make(
            Histogram,
            "skdigits_request_seconds",
            "Seconds from the headers of a request to the end of the answer.",
            ["path"],
            buckets=SECONDS,
        )
        self._images = self._make(
            Histogram,
            "skdigits_images_together",
            "Images in one call of the model.",
            buckets=IMAGES,
        )

    def _make(self, kind, name, text, labels=(), **options):
        return kind(name, text, labels, registry=self._registry, **options)

    def watch(self, name, text, value):
        """Report a number that a function returns."""
        self._make(Gauge, name, text).set_function(value)

    def count_request(self, path, status, seconds):
        """Count a request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_images(self, n_images):
        """Count a call of the model."""
        self._images.observe(n_images)

    def response(self):
        """Return the response with all counts."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)


def add_metrics(app, metrics):
    """Add the route to an app."""

    @app.get(
        "/metrics",
        summary="Counts in the format of Prometheus",
        response_class=PlainTextResponse,  # for OpenAPI
    )
    async def count():
        return metrics.response()


class Measured:
    """An ASGI app whose requests are counted.

    Parameters
    ----------
    app : ASGI app
    metrics : Metrics
    """

    def __init__(self, app, metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope, receive, send):
        """Handle a request as the app does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def send_and_note(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            # The path of the route: paths of clients would grow the memory.
            path = getattr(scope.get("route"), "path", UNKNOWN)
            self._metrics.count_request(path, status, time.perf_counter() - start)
