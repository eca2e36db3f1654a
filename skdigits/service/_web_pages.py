"""The pages for people: to draw on and give pictures to, and to read how the service is used."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from skdigits._pages import render
from skdigits.service._errors import json_response

# The pages load nothing from elsewhere, and no other page may show them in a frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}


def add_pages(app, service):
    """Add the routes to an app; all other routes have to be there."""
    model = service.model
    context = {"name": model.name, "operations": _operations(app)}
    described = render("skdigits.service", "docs.html.j2", context)

    @app.head("/", include_in_schema=False)  # monitors ask so
    @app.get("/", include_in_schema=False)
    async def page():
        return HTMLResponse(model.page, headers=HEADERS)

    if model.reads_for_page:

        @app.post("/read", include_in_schema=False)
        async def read(request: Request):
            """Answer the page with the image that the model gets of a picture."""

            async def answer(body):
                image = await service.read_for_page(body)
                return json_response({"model": model.name, "image": image.tolist()})

            return await service.answer(request, answer)

    @app.get("/docs", include_in_schema=False)
    async def docs():
        return HTMLResponse(described, headers=HEADERS)


def _operations(app):
    """Return what the page says of each operation, from the description by OpenAPI."""
    found = []
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            found.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "description": operation.get("description", ""),
                    "types": list(content),
                    "statuses": {
                        status: answer["description"]
                        for status, answer in operation["responses"].items()
                        if answer["description"] != "Validation Error"  # FastAPI's, not ours
                    },
                }
            )
    return found
