"""Check arguments of commands, and write a command with all its arguments."""

import difflib
import os
import shlex
import string
from contextlib import suppress

from skdigits._files import probe_file

_PLAIN = {*string.ascii_letters, *string.digits, *"/._-"}


def check_folder(folder, argument=None):
    """Raise ValueError if a folder cannot be made or written to.

    Parameters
    ----------
    folder : pathlib.Path
    argument : str, default=None
        How the user has named it; None is ``--out FOLDER``.
    """
    argument = argument or f"--out {folder}"
    folders = [folder, *folder.absolute().parents]
    existing = next(path for path in folders if os.path.lexists(path))
    if not existing.is_dir():
        raise ValueError(f"{argument}: {existing} is not a folder")
    if existing == folder:
        try:
            probe_file(folder / "results.json")
        except OSError as error:
            raise ValueError(
                f"{argument}: {folder} can't be written to: {error.strerror}"
            ) from None
        return
    # Permissions do not tell all: try it, and leave nothing behind.
    missing = folders[: folders.index(existing)]
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ValueError(f"{argument} can't be made: {error.strerror}") from None
    finally:
        for path in missing:
            with suppress(OSError):  # it was not made, or another process uses it already
                path.rmdir()


def check_file(file, argument=None):
    """Raise ValueError if a file cannot be written.

    Parameters
    ----------
    file : pathlib.Path
    argument : str, default=None
        How the user has named it; None is ``--out FILE``.
    """
    argument = argument or f"--out {file}"
    if file.is_dir():
        raise ValueError(f"{argument} is a folder; give a file, such as {file / 'model'}")
    if file.exists() and not file.is_file():
        raise ValueError(f"{argument} is not a file that can be replaced")
    check_folder(file.parent, argument)
    if file.parent.exists():
        try:
            probe_file(file)
        except OSError as error:
            raise ValueError(f"{argument} can't be written: {error.strerror}") from None


def check_seed(seed):
    """Raise ValueError if a number is no seed."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"--seed must be from 0 to {2**32 - 1}, got {seed}")


def unknown(what, name, choices):
    """Return the ValueError for an unknown name; it names a similar choice, if there is one."""
    like = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.7)
    hint = f"did you mean {like[0]!r}? " if like else ""
    return ValueError(f"unknown {what} {name!r}; {hint}choose from {', '.join(choices)}")


def split_names(text):
    """Return the names in a text, separated by commas; each name once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def command_line(*words, **options):
    """Return the command with every option, so that it does not depend on defaults.

    A flag is an option whose value is True; None and False are left out. An option whose value is a
    list comes once for each item.
    """
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                words += (f"--{name}",)
            elif each is not None and each is not False:
                words += (f"--{name}", str(each))
    return " ".join(map(_quote, ("skdigits", *words)))


def _quote(word):
    """Return a word quoted for a shell; file names may hold bytes that are not text."""
    if not any("\ud800" <= character <= "\udfff" for character in word):
        return shlex.quote(word)
    characters = map(chr, os.fsencode(word))
    return "$'" + "".join(c if c in _PLAIN else f"\\x{ord(c):02x}" for c in characters) + "'"
