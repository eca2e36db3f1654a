"""The command line. ``skdigits --help`` lists the commands."""

from skdigits.cli._streams import drop_output, forgiving_streams, tell

__all__ = ["main"]

EXTRA = ("typer", "rich", "jinja2", "matplotlib")  # the packages of the extra "cli"

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
        0 after success; 1 if the output is a closed pipe; 2 after bad input, with one line on
        standard error; 130 after Ctrl-C.
    """
    with forgiving_streams():
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
        from skdigits.cli._app import app, usage_error

        try:
            code = app(args=args, prog_name="skdigits", standalone_mode=False)
        except usage_error as error:
            return _fail(error.format_message())
    except ImportError as error:
        if error.name in EXTRA:
            return _fail(f'{error.name} is missing: pip install "skdigits[cli]"')
        if error.name is None:  # our own error: Keras with another backend
            return _fail(error)
        raise
    except BrokenPipeError:
        raise
    except Exception as error:
        return _fail_or_raise(error)
    if code == 130:  # Typer's exit status for Ctrl-C
        raise KeyboardInterrupt
    return code or 0


def _fail_or_raise(error):
    """Print what is wrong with the input; raise other errors, since they are bugs of skdigits."""
    notes = getattr(error, "__notes__", [])  # the name of the model
    if not isinstance(error, EXPECTED) and not notes:
        raise error
    message = str(error) if isinstance(error, EXPECTED) else f"{type(error).__name__}: {error}"
    return _fail(": ".join([*notes, message or type(error).__name__]))


def _fail(message):
    tell(f"error: {' '.join(str(message).split())}")
    return 2
