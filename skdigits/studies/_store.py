"""Finished runs, one file each, so that a study goes on where it stopped."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from skdigits._files import plain_names, to_json, write_text

PACKAGES = ("scikit-learn", "keras", "tensorflow", "numpy")


class RunStore:
    """The finished runs of a study.

    Each is a file named after what was run and a fingerprint of its settings, written at once and
    whole. It counts only if its settings are those asked for, so a run whose settings changed is
    run again, and one whose settings change back isn't.

    Parameters
    ----------
    folder : path-like or None
        Where the files are; made with the first. None keeps nothing.
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)

    def load(self, label, settings):
        """Return what a run with these settings gave, or None."""
        if self.folder is None:
            return None
        try:
            path = self.folder / _file_name(label, settings)
            found = json.loads(path.read_text(encoding="utf-8"))
            same = found["settings"] == json.loads(to_json(settings))
            return found["result"] if same else None
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return None  # not run yet, or no file of ours: it is written anew

    def save(self, label, settings, result):
        """Keep what a run gave."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        versions = {package: version(package) for package in PACKAGES}
        content = {"settings": settings, "versions": versions, "result": result}
        write_text(self.folder / _file_name(label, settings), to_json(content))


def _file_name(label, settings):
    (name,) = plain_names([label])
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name}-{fingerprint}.json"
