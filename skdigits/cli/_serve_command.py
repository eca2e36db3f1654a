"""``skdigits serve``: a trained model as a service."""

import threading
import warnings
import webbrowser
from typing import Annotated

import typer

from skdigits._quiet import be_quiet
from skdigits.cli._options import Quiet
from skdigits.cli._predictions import HELP
from skdigits.cli._streams import say, warnings_told


def serve(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=HELP["model"])],
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST",
            help="The address to listen on. Only this machine reaches 127.0.0.1; 0.0.0.0 lets "
            "others in, and there is no password.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="0 takes any free port.")
    ] = 8000,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    quiet: Quiet = False,
):
    """Answer for pictures over HTTP.

    The page / is to draw on, and takes pictures. Programs send pictures to /predict, or arrays by
    the Open Inference Protocol to /v2. /docs describes all of it, and /metrics counts for
    Prometheus.

    ONNX Runtime predicts. An .onnx file starts within a second and needs no TensorFlow; another
    file is brought to ONNX first.

    Ctrl-C and SIGTERM end the service when the requests that are under way have their answers.

    **Examples**

        skdigits serve digits.skd --open

        curl --data-binary @photo.jpg http://127.0.0.1:8000/predict
    """
    be_quiet(quiet)
    from skdigits.service._app import make_app
    from skdigits.service._hosts import hosts_of
    from skdigits.service._limits import Limits
    from skdigits.service._served_model import open_served
    from skdigits.service._server import open_port, run, url_of

    with warnings_told():
        served = open_served(model)
    limits = Limits()
    with open_port(host, port) as listening:
        app = make_app(served, limits, hosts_of(host, listening.getsockname()[0]))
        url = url_of(listening)
        say(f"Serving {model} at {url} (Ctrl-C ends it)")
        if open_:  # the browser may take long, and then waits for the service
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        with warnings.catch_warnings(action="ignore"):  # of Pillow, about pictures of clients
            run(app, listening, limits)
