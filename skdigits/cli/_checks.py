"""What several commands check before any work starts, and how they name themselves."""

import os
import shlex


def check_folder(out):
    """Raise a ValueError if ``--out`` can't become a folder to write to."""
    existing = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(f"--out {out}: {existing} is not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ValueError(f"--out {out}: {existing} can't be written to")


def split_names(text):
    """Return the names in a list separated by commas, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def command_line(*words, **options):
    """Return the command with every option spelt out, so that a later default changes nothing.

    A flag is an option whose value is True; None and False are left out.
    """
    for name, value in options.items():
        if value is True:
            words += (f"--{name}",)
        elif value is not None and value is not False:
            words += (f"--{name}", str(value))
    return shlex.join(["skdigits", *words])
