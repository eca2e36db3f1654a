"""The file: a zip archive of uncompressed members, with a list of them and of their checksums.

The members are those of skops, so that `skops.io.load` can read the file, and `skdigits.json`.
"""

import hashlib
import io
import json
import re
from collections import Counter
from zipfile import ZIP_STORED, ZipFile, ZipInfo

FORMAT = 1  # raise it when older versions cannot read new files
MANIFEST, SCHEMA = "skdigits.json", "schema.json"
OTHERS = re.compile(r"\d+\.(npy|bin)")  # names of the other members
YEAR_ZERO = (1980, 1, 1, 0, 0, 0)  # equal models give equal files
MOST_MEMBERS = 100_000


def pack(members, versions):
    """Return the content of a file.

    Parameters
    ----------
    members : dict of str to bytes
    versions : dict of str to str
        Versions of the libraries, by name.

    Returns
    -------
    content : bytes
    """
    digests = {name: _digest(member) for name, member in members.items()}
    manifest = {"format": FORMAT, "versions": versions, "members": digests}
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for name, member in {MANIFEST: json.dumps(manifest, indent=1), **members}.items():
            archive.writestr(ZipInfo(name, YEAR_ZERO), member)
    return buffer.getvalue()


def unpack(content):
    """Return the members of a file and the versions that wrote it.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    members : dict of str to bytes
        Without the manifest.
    versions : dict of str to str

    Raises
    ------
    ValueError
        If the content is not exactly what `pack` has returned. Nothing larger than the content is
        ever held in memory.
    """
    if content[:1] == b"\x80":
        raise ValueError(
            "it is a pickle, which may run any code. If you trust its author, load it with pickle "
            "or joblib."
        )
    try:
        members = _read(content)
    except ValueError:
        raise
    except Exception as error:  # zipfile raises errors of many kinds for damaged files
        raise ValueError("it is damaged, or it was not written by skdigits.save.") from error
    manifest = _read_manifest(members)
    digests = {name: _digest(member) for name, member in members.items()}
    wrong = [name for name in digests if manifest["members"].get(name) != digests[name]]
    wrong += [name for name in manifest["members"] if name not in digests]
    if wrong or SCHEMA not in members:
        raise ValueError(f"its part {(wrong or [SCHEMA])[0]!r} is missing, unknown or changed.")
    return members, manifest["versions"]


def _read(content):
    """Return all members of an archive."""
    with ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        names = [part.filename for part in parts]
        if MANIFEST not in names:
            raise ValueError("it was not written by skdigits.save.")
        if len(parts) > MOST_MEMBERS:
            raise ValueError(f"it has {len(parts)} parts.")
        for part in parts:
            _check_member(part)
        if sum(part.file_size for part in parts) > len(content):
            raise ValueError("its parts are larger than the file.")
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"it has its part {twice[0]!r} twice.")
        return {name: archive.read(name) for name in names}


def _check_member(part):
    name = part.filename
    if name not in (MANIFEST, SCHEMA) and not OTHERS.fullmatch(name):
        raise ValueError(f"it has a part that does not belong to it, {name!r}.")
    if part.compress_type != ZIP_STORED or part.compress_size != part.file_size:
        raise ValueError(f"its part {name!r} is compressed.")


def _read_manifest(members):
    try:
        manifest = json.loads(members.pop(MANIFEST))
        written, versions, digests = (manifest[key] for key in ("format", "versions", "members"))
        is_right = type(written) is int and all(
            isinstance(each, str) for part in (versions, digests) for each in part.values()
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError("its list of parts is damaged.") from error
    if is_right and written > FORMAT:
        raise ValueError(
            f"it has format {written} of skdigits {versions.get('skdigits')}; this version reads "
            f"formats up to {FORMAT}. Update skdigits."
        )
    if not is_right or written < 1:
        raise ValueError("its list of parts is damaged.")
    return manifest


def _digest(member):
    return hashlib.sha256(member).hexdigest()
