"""Write files whole or not at all, strict JSON, and file names that every system takes."""

import errno
import json
import math
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST_NAME = 100  # letters; file systems take about 250 bytes, and callers add to the name


def write_text(path, text):
    """Write a text file whole or not at all: no reader ever sees a part of it."""
    write_bytes(path, escaped(text).encode("utf-8"))


def probe_file(path):
    """Raise the OSError that `write_bytes` would, as far as an empty file shows it."""
    with _file_beside(_regular_file(path), path) as file, errors_name(path):
        file.close()
        os.unlink(file.name)


def _regular_file(path):
    """Return the file that a path leads to, over links; raise OSError if none can be there."""
    found = Path(os.path.realpath(path))
    if found.exists() and not found.is_file() and not found.is_dir():
        raise OSError(errno.EINVAL, "Not a regular file, which cannot be replaced", str(path))
    if found.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a folder; name a file", str(path))
    if not found.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"There is no folder {found.parent}", str(path))
    return found


@contextmanager
def errors_name(path):
    """Let errors name a file; a full disk has no name, and others that of the file beside it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_bytes(path, content):
    """Write a file whole or not at all: no reader ever sees a part of it.

    A file that is replaced keeps its permissions.
    """
    with replaced(path) as file, errors_name(path):
        file.write(content)


@contextmanager
def replaced(path):
    """Give a file to write; at the end, but not after an error, it takes the place of another."""
    target = _regular_file(path)
    with _file_beside(target, path) as file:
        yield file
        with errors_name(path):
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name with no content
            file.close()
            os.replace(file.name, target)


@contextmanager
def _file_beside(target, path):
    """Give a new file with the permissions of `target`, and remove it unless it was renamed.

    Its name is short, since the other one may be as long as the file system allows. Errors name
    `path`.
    """
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    # Unlike a file of tempfile, others may read it by umask.
    with errors_name(path):
        file = open(part, "xb")  # noqa: SIM115 (closed below)
    try:
        with errors_name(path), suppress(FileNotFoundError):
            os.chmod(part, stat.S_IMODE(os.stat(target).st_mode))
        yield file
    finally:
        with suppress(OSError):  # after an error, what is left cannot be written either
            file.close()
        with suppress(OSError):
            os.unlink(part)


def to_json(value, *, ascii_only=False, indent=1):
    """Return strict JSON; numbers that JSON lacks (NaN, infinity) become null."""
    text = json.dumps(_strict(value), indent=indent, ensure_ascii=ascii_only, allow_nan=False)
    return text + "\n"


def _strict(value):
    if isinstance(value, dict):
        return {escaped(str(key)): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return escaped(value) if isinstance(value, str) else value


def escaped(text):
    """Return a text with escapes for characters that UTF-8 lacks, as some file names have."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_names(names):
    """Return for each name a file name of letters and digits; no two are the same."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[:LONGEST_NAME].strip("-") or "other"
        same = sum(re.fullmatch(rf"{plain}(--\d+)?", other) is not None for other in found)
        found.append(f"{plain}--{same + 1}" if same else plain)
    return found
