"""The command line. ``skdigits --help`` lists the commands."""

import sys

from skdigits._quiet import quiet_for_now
from skdigits.cli._streams import drop_output, forgiving_streams, plain_surroundings, tell

__all__ = ["main"]

# Where the module has another name.
PACKAGES = {
    **{"sklearn": "scikit-learn", "PIL": "pillow"},
    **{"python_multipart": "python-multipart", "prometheus_client": "prometheus-client"},
}

# What a command may need, by the extra that has it.
EXTRAS = {
    "": (
        *("scikit-learn", "scikeras", "tensorflow", "keras", "numpy", "scipy", "joblib", "skops"),
        *("narwhals", "pillow", "requests", "tqdm"),
    ),
    "[cli]": ("typer", "rich", "jinja2", "matplotlib"),
    "[tune]": ("optuna",),
    "[onnx]": ("skl2onnx", "onnx", "onnxruntime", "tf2onnx"),
    "[serve]": ("fastapi", "uvicorn", "python-multipart", "prometheus-client"),
}

# Errors from bad data, bad models and full disks.
EXPECTED = (ValueError, TypeError, OSError, MemoryError)


def main(args=None):
    """Run the command line.

    Parameters
    ----------
    args : list of str, default=None
        The arguments; None takes the process's.

    Returns
    -------
    int
        0 after success; 1 if some pictures could not be used, or if the output is a closed pipe; 2
        after bad input, with one line on standard error; 130 after Ctrl-C.
    """
    with plain_surroundings(), forgiving_streams(), quiet_for_now():
        try:
            return _run(args)
        except KeyboardInterrupt:
            tell("interrupted")
            return 130
        except BrokenPipeError:
            drop_output()
            return 1


def _run(args):
    try:
        code = _run_command(args)
    except ModuleNotFoundError as error:
        if error.name is None or (needed := _how_to_install(error.name)) is None:
            raise
        return _fail(needed)
    except ImportError as error:
        if error.name is None:  # our own error: a package that is missing, or Keras's backend
            return _fail(error)
        raise
    except BrokenPipeError:
        raise
    except Exception as error:
        return _fail_or_raise(error)
    if code == 130:  # Typer's exit status for Ctrl-C
        raise KeyboardInterrupt
    return code or 0


def _run_command(args):
    """Return the exit status of a command; raise errors of its input."""
    words = sys.argv[1:] if args is None else args
    try:
        from skdigits.cli._app import app, usage_error
    except ModuleNotFoundError as error:
        if error.name != "typer" or words[:1] != ["predict"]:
            raise
        from skdigits.cli._predict_parser import predict

        return predict(words[1:])
    try:
        return app(args=args, prog_name="skdigits", standalone_mode=False)
    except usage_error as error:
        raise ValueError(error.format_message()) from None


def _how_to_install(module):
    """Return how to install a package that a command needs, or None for other modules."""
    package = module.partition(".")[0]
    package = PACKAGES.get(package, package)
    for extra, packages in EXTRAS.items():
        if package in packages:
            return f'{package} is missing: pip install "skdigits{extra}"'
    return None


def _fail_or_raise(error):
    """Print what is wrong with the input; raise other errors, since they are bugs of skdigits."""
    notes = getattr(error, "__notes__", [])  # the name of the model
    if not isinstance(error, EXPECTED) and not notes:
        raise error
    return _fail(": ".join([*notes, _text(error) or type(error).__name__]))


def _text(error):
    if not isinstance(error, EXPECTED):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:  # without its number
        path = error.filename
        if path is None and isinstance(error, FileNotFoundError):  # only it has no name
            path = "the current folder"
        return error.strerror if path is None else f"{path}: {error.strerror}"
    return str(error)


def _fail(message):
    tell(f"error: {message}")
    return 2
