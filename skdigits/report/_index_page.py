"""A page about several studies: question, answer and figures of each, with a link to its page."""

import json
import os
from pathlib import Path
from urllib.parse import quote

from skdigits._files import write_text
from skdigits._pages import render
from skdigits.report import _format as fmt
from skdigits.report._published_table import COLUMNS, published_row


def write_index(folder, *, order=()):
    """Write ``index.html`` about all studies in a folder.

    Parameters
    ----------
    folder : path-like
        A folder that holds the folder of each study, as `write_study` writes it.
    order : sequence of str, default=()
        Names of folders in the order to show them. Other folders follow, sorted by name.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ValueError
        If there is no study, or if a ``results.json`` cannot be read.
    OSError
        If the page cannot be written.

    See Also
    --------
    write_study : Write the page of one study.

    Examples
    --------
    >>> from skdigits.report import write_index
    >>> write_index("there/is/none")
    Traceback (most recent call last):
    ValueError: There is no study in there/is/none: ...
    """
    folder = Path(folder)
    paths = {path.parent.name: path for path in sorted(folder.glob("*/results.json"))}
    found = [
        study
        for name in dict.fromkeys([*order, *paths])
        if name in paths and (study := _read(paths[name])) is not None
    ]
    if not found:
        raise ValueError(
            f"There is no study in {folder}: it has no folder with a results.json of a study."
        )
    columns = list(COLUMNS.values())
    context = {"studies": found, "columns": columns, "fmt": fmt}
    page = render("skdigits.report", "index.html.j2", context)
    write_text(folder / "index.html", page)
    return folder / "index.html"


def _read(path):
    """Return what the page shows of a study, or None if the results are not of a study."""
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} can't be read as a study's results: {error}") from error
    if "study" not in results:
        return None
    study, run = results["study"], results["run"]
    made = [fmt.plural(study["n_seeds"], "seed")]
    if run:
        made.append(fmt.date(run["date"]))
        if run["seconds"] is not None:
            made.append(fmt.duration(run["seconds"]))
    return {
        "href": f"{quote(os.fsencode(path.parent.name))}/index.html",
        "title": study["title"],
        "question": study["question"],
        "answer": results["answer"],
        "quick": study["quick"],
        "published": [published_row(claim) for claim in study["published"]],
        "made": " · ".join(made),
    }
