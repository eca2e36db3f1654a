"""Keep finished runs in files, so that a study can continue where it stopped."""

import hashlib
import json
from pathlib import Path

import skdigits
from skdigits._files import escaped, plain_names, to_json, write_text
from skdigits._versions import installed_versions


class RunStore:
    """The finished runs of a study.

    Each run is a file, named after the run and a fingerprint of its settings. A file is used only
    if it has the same settings and is of this version of skdigits, so that a run is repeated if
    one of them changes. A file that does not tell the version is used.

    Parameters
    ----------
    folder : path-like or None
        The folder of the files; it is made for the first one. If None, runs are not kept.
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)

    def load(self, label, settings):
        """Return the result of a run with these settings, or None."""
        if self.folder is None:
            return None
        try:
            path = self.folder / _file_name(label, settings)
            found = json.loads(path.read_text(encoding="utf-8"))
            same = found["settings"] == json.loads(to_json(settings))
            of_version = found["versions"].get("skdigits", skdigits.__version__)
            return found["result"] if same and of_version == skdigits.__version__ else None
        except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
            return None  # not run yet, or not a valid file, which is replaced

    def save(self, label, settings, result):
        """Keep the result of a run."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"settings": settings, "versions": installed_versions(), "result": result}
        write_text(self.folder / _file_name(label, settings), to_json(content))


def _file_name(label, settings):
    (name,) = plain_names([label])
    text = escaped(json.dumps(settings, sort_keys=True, ensure_ascii=False))
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name}-{fingerprint}.json"
