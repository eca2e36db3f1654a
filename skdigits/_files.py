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
    target = _regular_file(path)
    temporary = beside(target)
    with errors_name(path):
        create(temporary, target).close()
        os.unlink(temporary)


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


def beside(path):
    """Return a path for a file that takes the place of another one when it is whole.

    Its name is short, since the other one may be as long as the file system allows.
    """
    return Path(path).with_name(f".{secrets.token_hex(8)}.part")


def create(path, target):
    """Open a new file that takes the place of `target`, and has the permissions of that one."""
    try:
        mode = stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        mode = None
    # Unlike a file of tempfile, others may read it by umask.
    file = open(path, "xb")  # noqa: SIM115 (the caller closes it)
    if mode is not None:
        os.chmod(path, mode)
    return file


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
    target = _regular_file(path)
    temporary = beside(target)
    try:
        with errors_name(path):
            with create(temporary, target) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # else a power cut may leave the name with no content
            os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):  # it could not be made
            os.unlink(temporary)
        raise


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
