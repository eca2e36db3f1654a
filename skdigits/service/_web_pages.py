"""The pages for people: to draw on, to send pictures from, and to read how it is used."""

from starlette.responses import HTMLResponse

from skdigits._pages import render
from skdigits.service._served_model import PICTURES

# The pages load nothing from elsewhere, and no other page may show them in a frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}


def add_pages(app, model):
    """Add the routes to an app; all other routes have to be there."""
    context = {"name": model.name, "n_classes": len(model.pictures.labels)}
    upload = _render("upload.html.j2", context)
    described = _render("docs.html.j2", {"name": model.name, "operations": _operations(app)})

    @app.get("/", include_in_schema=False)
    async def page():
        return HTMLResponse(model.page or upload, headers=HEADERS)

    @app.get(f"/{PICTURES}", include_in_schema=False)
    async def pictures():
        return HTMLResponse(upload, headers=HEADERS)

    @app.get("/docs", include_in_schema=False)
    async def docs():
        return HTMLResponse(described, headers=HEADERS)


def _render(template, context):
    return render("skdigits.service", template, context)


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
                        if status != "422" or content  # FastAPI adds it to all parameters
                    },
                }
            )
    return found
