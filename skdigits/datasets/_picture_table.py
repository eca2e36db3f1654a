"""A CSV file of the paths and labels of pictures."""

import csv
import os
import re

from skdigits._files import escaped
from skdigits._picture_files import is_picture
from skdigits.datasets._parts import FilePart, clean_label, part_of

DELIMITERS = ",;\t"
EXCELS_FIRST_LINE = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)
COLUMNS = {
    "path": (
        *("path", "filepath", "file_path", "file", "filename", "file_name"),
        *("image", "image_path", "img", "img_path", "picture"),
    ),
    "label": ("label", "class", "class_name", "target", "category"),
    "part": ("split", "subset", "part"),
}
MOST_COLUMNS = 100  # more are a table of pixels


def list_table(path):
    """Return the pictures that a CSV file lists.

    Parameters
    ----------
    path : str
        A file with columns of paths and labels. Paths count from the folder of the file.

    Returns
    -------
    parts : dict of str to FilePart
        As of `list_folder`; a column "split" divides the pictures into parts.

    Raises
    ------
    ValueError
        If the file is no such table; says why.
    """
    rows = _read(path)
    columns, has_header = _columns(rows[0][1], path)
    folder = os.path.dirname(path)
    parts: dict[str, FilePart] = {}
    label_of: dict[str, str] = {}
    for number, row in rows[1 if has_header else 0 :]:
        line = f"line {number} of {path}"
        if len(row) <= max(columns.values()):
            raise ValueError(f"{line} has {len(row)} columns, fewer than the first line")
        if any(map(str.strip, row[len(rows[0][1]) :])):
            raise ValueError(
                f"{line} has {len(row)} columns, more than the first line. If a text has a comma "
                'in it, put it in quotes: "one, two"'
            )
        name, label = row[columns["path"]].strip(), row[columns["label"]].strip()
        if not name or not label:
            raise ValueError(f"{line} has no {'label' if name else 'path'}")
        picture = _locate(name, folder)
        _check_text(name, label, picture, line)
        label = clean_label(label)
        part = part_of(row[columns["part"]]) if "part" in columns else "train"
        if part is None:
            raise ValueError(
                f"{line} has the split {row[columns['part']]!r}; use train, val and test"
            )
        same = label_of.setdefault(os.path.abspath(picture), label)
        if same != label:
            raise ValueError(
                f"{line} gives {name} the label {label!r}, and an earlier line the label "
                f"{same!r}; a picture can have one label only"
            )
        pictures = parts.setdefault(part, FilePart([], []))
        pictures.paths.append(picture)
        pictures.labels.append(label)
    if not parts:
        raise ValueError(f"{path} lists no pictures")
    if not any(map(os.path.exists, label_of)):
        raise ValueError(
            f"there is none of the files that {path} lists; the first is {next(iter(label_of))}. "
            "Paths are relative to the folder of the table, and end with the suffix of the file"
        )
    return parts


def _read(path):
    """Return the number and the cells of each line that is not empty."""
    # A name that is not UTF-8 keeps its bytes, so that its file is found.
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = file.readlines()
    first = next(filter(str.strip, lines), "")
    if "\0" in first:
        raise ValueError(f"{path} is not a CSV file in UTF-8")
    named = EXCELS_FIRST_LINE.fullmatch(first)
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = named[1] if named else max(DELIMITERS, key=unquoted.count)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows, begin = [], 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                rows.append((begin, row))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f'line {begin} of {path} cannot be read ({error}). Look for a quote (") that is not '
            "closed, or that is not doubled within a cell"
        ) from error
    rows = rows[1:] if named else rows
    if not rows:
        raise ValueError(f"{path} is empty")
    return rows


def _check_text(name, label, picture, line):
    """Raise a ValueError for a path and a label that a fault of the file has made."""
    if "\n" in name + label or "\r" in name + label:
        raise ValueError(
            f'{line} has a line break in its path or label. Look for a quote (") that is not closed'
        )
    if escaped(label) != label or (escaped(name) != name and not os.path.exists(picture)):
        raise ValueError(
            f"{line} is not UTF-8: {escaped(name)}, {escaped(label)}. Save the table in UTF-8, "
            'which Excel calls "CSV UTF-8"'
        )


def _columns(first, path):
    """Return the number of each column, and whether the first row is a header."""
    if len(first) > MOST_COLUMNS:
        raise ValueError(
            f"{path} has {len(first)} columns. Give a table of paths and labels; read a table of "
            "pixels with pandas or numpy"
        )
    cells = [cell.strip() for cell in first]
    names = [re.sub(r"\W+", "_", cell.casefold()) for cell in cells]
    found = {
        column: names.index(name)
        for column, known in COLUMNS.items()
        for name in reversed(known)
        if name in names
    }
    if {"path", "label"} <= found.keys():
        return found, True
    if len(cells) != 2:
        raise ValueError(
            f"{path} has the columns {', '.join(cells)}. Begin it with a line of names, with path "
            "and label for the two columns to read"
        )
    folder = os.path.dirname(path)
    is_path = [os.path.isfile(_locate(cell, folder)) for cell in cells]
    if not any(is_path):  # the first picture may be missing
        is_path = [is_picture(cell) for cell in cells]
    if not any(is_path) and found.keys().isdisjoint({"path", "label"}):
        is_path = [bool(os.path.splitext(cell)[1]) for cell in cells]
    column = is_path.index(True) if any(is_path) else found.get("path", 1 - found.get("label", 1))
    return {"path": column, "label": 1 - column}, not any(is_path)


def _locate(name, folder):
    """Return the path of a picture that a table names, with the separators of any system."""
    path = os.path.join(folder, os.path.expanduser(name))
    if "\\" in name and not os.path.exists(path):
        return os.path.join(folder, name.replace("\\", "/"))
    return path
