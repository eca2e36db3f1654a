"""The command line. ``skdigits --help`` shows what it can do."""

import sys

__all__ = ["main"]

EXTRA = ("typer", "rich", "jinja2", "matplotlib", "PIL")  # what the extra "cli" brings


def main(args=None):
    """Run the command line.

    Parameters
    ----------
    args : list of str, default=None
        The arguments; None takes the process's.

    Returns
    -------
    int
        0; 2 after bad input, told in one line on standard error; 130 after Ctrl-C.
    """
    try:
        from skdigits.cli._app import app, usage_error

        try:
            code = app(args=args, prog_name="skdigits", standalone_mode=False)
        except usage_error as error:
            return _fail(error.format_message())
    except KeyboardInterrupt:
        code = 130
    except ImportError as error:
        if error.name not in EXTRA:
            raise
        return _fail(f'{error.name} is missing: pip install "skdigits[cli]"')
    # What bad data, bad models and full disks raise. Anything else is a mistake of ours, and its
    # traceback is wanted.
    except (ValueError, TypeError, OSError, MemoryError) as error:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        return _fail(f"{error or type(error).__name__}{notes}")
    if code == 130:
        print("skdigits: interrupted", file=sys.stderr)
    return code or 0


def _fail(message):
    print(f"skdigits: error: {' '.join(str(message).split())}", file=sys.stderr)
    return 2
