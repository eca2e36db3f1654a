"""The page to draw on, as `skdigits.export` writes it and as `skdigits serve` answers with it."""

import base64

from skdigits._files import escaped
from skdigits._pages import render

WIDEST_LABEL = 9  # rem


def drawing_page(classes, form, *, name, title=None, network=None, weights=b"", service=None):
    """Return the bytes of the page.

    Parameters
    ----------
    classes : list of str
        The labels, in the order of the probabilities.
    form : dict
        What `page_input` of `formats/_page_input.py` returns. `light_ink` is None if it is unknown.
    name : str
        What the page calls the model.
    title : str, default=None
        Heading of the page. None asks for a digit or a picture.
    network : dict, default=None
        What `makeModel` of `network.js` takes. Without it, the page asks the service.
    weights : bytes, default=b""
        The arrays of the network.
    service : dict, default=None
        Of the service that answers with the page: `reads`, whether it reads pictures for the page.
        Without a service, the page asks nobody for anything.
    """
    names = [escaped(label) for label in classes]
    if title is None:
        title = "Which digit is it?" if form["digits"] else "What is it?"
    context = {
        "title": title,
        "name": name,
        "content": {"classes": names, "input": form, "model": network, "service": service},
        "label_width": min(0.62 * max(map(len, names)) + 0.2, WIDEST_LABEL),
        "weights": base64.b64encode(weights).decode("ascii"),
    }
    return escaped(render("skdigits._drawing_page", "page.html.j2", context)).encode("utf-8")
