"""The folder of a page: the results of another command are not replaced without a word."""

import json

from skdigits.cli._streams import tell

PAGE, RESULTS = "index.html", "results.json"


def check_page(folder, name, command=None, argument=None):
    """Raise ValueError if a folder has a page that another command has written.

    If the same command has written it with other options, a line says that it will be replaced.

    Parameters
    ----------
    folder : pathlib.Path
    name : str
        The command and what it is about, such as "compare" or "study run binary".
    command : str, default=None
        The whole command line. If None, nothing is said about another one.
    argument : str, default=None
        How the user has named the folder; None is ``--out FOLDER``.
    """
    if not any((folder / file).exists() for file in (PAGE, RESULTS)):
        return
    argument = argument or f"--out {folder}"
    found = _command_of(folder / RESULTS)
    if found is None and _has_studies(folder):
        found = "skdigits study run"
    if found is None:
        raise ValueError(
            f"{argument}: {folder} has a page that skdigits has not written; give another --out, "
            "or remove it"
        )
    if not f"{found} ".startswith(f"skdigits {name} "):
        raise ValueError(
            f"{argument}: {folder} has the results of `{found}`; give another --out, or remove them"
        )
    if command not in (None, found):
        tell(f"{folder} has the results of `{found}`, which will be replaced")


def check_index(folder):
    """Raise ValueError if a folder for the pages of several studies has another page."""
    if (folder / RESULTS).exists():
        check_page(folder, "study")
    elif (folder / PAGE).exists() and not _has_studies(folder):
        raise ValueError(
            f"--out {folder} has a page that `skdigits study run` has not written; give another "
            "--out, or remove it"
        )


def _has_studies(folder):
    """Return whether a folder has the results of a study in one of its folders."""
    commands = (_command_of(path) for path in folder.glob(f"*/{RESULTS}"))
    return any(command and command.startswith("skdigits study ") for command in commands)


def _command_of(path):
    """Return the command that has written a file of results, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["run"]["command"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
