"""A CSV file of the paths and labels of pictures."""

import csv
import os

from skdigits.datasets._parts import FilePart, clean_label, part_of

DELIMITERS = ",;\t"
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
        name, label = row[columns["path"]].strip(), clean_label(row[columns["label"]])
        if not name or not label:
            raise ValueError(f"{line} has no {'label' if name else 'path'}")
        part = part_of(row[columns["part"]]) if "part" in columns else "train"
        if part is None:
            raise ValueError(
                f"{line} has the split {row[columns['part']]!r}; use train, val and test"
            )
        picture = _locate(name, folder)
        if label_of.setdefault(picture, label) != label:
            raise ValueError(
                f"{line} gives {name} the label {label!r}, and an earlier line the label "
                f"{label_of[picture]!r}; a picture can have one label only"
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
        first = file.readline()
        file.seek(0)
        if "\0" in first:
            raise ValueError(f"{path} is not a CSV file in UTF-8")
        delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        try:
            rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
        except csv.Error as error:
            raise ValueError(f"{path} is not a CSV file ({error})") from error
    if not rows:
        raise ValueError(f"{path} is empty")
    return rows


def _columns(first, path):
    """Return the number of each column, and whether the first row is a header."""
    if len(first) > MOST_COLUMNS:
        raise ValueError(
            f"{path} has {len(first)} columns. Give a table of paths and labels; read a table of "
            "pixels with pandas or numpy"
        )
    cells = [cell.strip() for cell in first]
    names = [cell.casefold().replace(" ", "_") for cell in cells]
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
    is_path = [
        bool(os.path.splitext(cell)[1]) or os.path.exists(_locate(cell, folder)) for cell in cells
    ]
    column = is_path.index(True) if any(is_path) else found.get("path", 1 - found.get("label", 1))
    return {"path": column, "label": 1 - column}, not any(is_path)


def _locate(name, folder):
    """Return the path of a picture that a table names, with the separators of any system."""
    path = os.path.join(folder, os.path.expanduser(name))
    if "\\" in name and not os.path.exists(path):
        return os.path.join(folder, name.replace("\\", "/"))
    return path
