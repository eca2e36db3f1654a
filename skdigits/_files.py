"""Write text whole or not at all, and JSON that every reader takes."""

import json
import math
import os
import re
import tempfile
from pathlib import Path

LONGEST_NAME = 100  # letters; file systems take some 250 bytes, and more is added to these


def write_text(path, text):
    """Write a text file so that nobody ever sees half of it."""
    write_bytes(path, escaped(text).encode("utf-8"))


def write_bytes(path, content):
    """Write a file so that nobody ever sees half of it."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only the owner reads
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def to_json(value):
    """Return strict JSON; numbers that JSON lacks (NaN, infinity) become null."""
    return json.dumps(_strict(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _strict(value):
    if isinstance(value, dict):
        return {escaped(str(key)): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return escaped(value) if isinstance(value, str) else value


def escaped(text):
    """Return a text with escapes for what UTF-8 lacks: the bytes of a file name that is no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_names(names):
    """Return for each name one that every file system takes, all different."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[:LONGEST_NAME].strip("-") or "other"
        same = sum(re.fullmatch(rf"{plain}(--\d+)?", other) is not None for other in found)
        found.append(f"{plain}--{same + 1}" if same else plain)
    return found


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
