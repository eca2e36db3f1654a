"""Pictures in folders, one for each class: which files there are, and their labels."""

import os

from skdigits._arrays import NAMED, listed
from skdigits._picture_files import is_picture, look_into, visible, walk
from skdigits._warnings import warn
from skdigits.datasets._parts import FilePart, clean_label, part_of


def list_folder(folder):
    """Return the pictures of a folder that holds a folder for each class.

    There may be folders of the parts, such as train and test, above those of the classes.

    Parameters
    ----------
    folder : str

    Returns
    -------
    parts : dict of str to FilePart
        By "train", "val" and "test", those that are there; pictures are sorted. A folder that is
        not divided has "train" only.

    Raises
    ------
    ValueError
        If there are no folders of classes, or no pictures in them; if it is unclear which folders
        are parts. It says what to do.
    """
    found: dict[str, list[str]] = {}
    folders, files = look_into(folder)
    for below in folders:
        part = part_of(os.path.basename(below))
        if part and look_into(below)[0]:  # without folders in it, it is a class: trains
            found.setdefault(part, []).append(below)
    if found:
        _check_beside_parts(found, folders, files)
    else:
        _check_classes(folder, folders, files)
        found = {"train": [folder]}
    without: list[str] = []
    parts = {}
    for part, places in found.items():
        pictures = [picture for each in places for picture in _pictures(each, without)]
        if pictures:
            parts[part] = FilePart(*map(list, zip(*pictures, strict=True)))
    if not parts:
        raise ValueError(f"there are no pictures in the folders of {folder}")
    if without:
        names = listed(without)
        warn(f"Left out: folders without pictures, and pictures without a folder: {names}.")
    return parts


def _check_beside_parts(found, folders, files):
    """Warn of the pictures beside the folders of parts; raise a ValueError if these may be classes.

    Parameters
    ----------
    found : dict of str to list of str
        The folders of each part.
    folders, files : list of str
        All that is in the folder of the data.
    """
    of_parts = [each for places in found.values() for each in places]
    others = [each for each in folders if each not in of_parts and _holds_pictures(each)]
    unnamed = [each for each in others if not part_of(os.path.basename(each))]
    if unnamed and len({part_of(os.path.basename(each)) for each in folders} - {None}) == 1:
        each = of_parts[0]
        raise ValueError(
            f"{each} is called as a part of the data, and there are pictures in {listed(unnamed)} "
            f"too. If {each} holds all that you want, give its path. If the others are parts, call "
            "them train, val and test. If all of them are classes, put their folders into one "
            "folder called train"
        )
    if left_out := [path for path in files if is_picture(path)] + others:
        names = " and ".join(os.path.basename(each) for each in of_parts)
        folder = "folder" if len(of_parts) == 1 else "folders"
        warn(f"Left out, since the data are in the {folder} {names}: {listed(left_out)}.")


def _holds_pictures(folder):
    """Return whether there is a picture in a folder or below, as far as it may be read."""
    return any(is_picture(path) for path in walk(folder, on_error=lambda error: None))


def _pictures(folder, without):
    """Return path and label of each picture; add to `without` what has none or no label."""
    folders, files = look_into(folder)
    without += filter(is_picture, files)
    pictures = []
    for below in folders:
        paths = list(walk(below))
        if not paths:
            without.append(below)
        label = clean_label(os.path.basename(below))
        pictures += [(path, label) for path in paths]
    return pictures


def _check_classes(folder, folders, files):
    """Raise a ValueError if a folder without parts does not hold the folders of classes."""
    if not folders:
        raise ValueError(_advice(folder, files))
    if all(part_of(os.path.basename(each)) for each in folders):
        raise ValueError(
            f"{folders[0]} holds no folders of classes. Put the pictures of each class into a "
            f"folder of its name, such as {os.path.join(folders[0], 'cat', '1.png')}, or list the "
            "pictures in a CSV file of paths and labels, and give its path"
        )
    for each in folders:
        inner, pictures = look_into(each)
        parts = [path for path in inner if part_of(os.path.basename(path))]
        if parts:
            raise ValueError(
                f"{parts[0]} is a folder of a part below another one. If {each} holds the whole "
                "data, give its path; if it is a class, put the folders of parts above the classes"
            )
        if len(folders) == 1 and inner and not pictures:
            names = ", ".join(os.path.basename(path) for path in inner[:NAMED])
            raise ValueError(
                f"{folder} holds a single folder, and in it the folders {names}. If these are the "
                f"classes, give {each}"
            )


def _advice(folder, files):
    """Return what to do with a folder that has no folders in it."""
    what = "pictures, but no folder for each class" if files else "no folders and no pictures"
    tables = [path for path in visible(folder) if path.lower().endswith((".csv", ".tsv", ".npz"))]
    if tables:
        return f"{folder} holds {what}. To read {tables[0]}, give its path"
    return (
        f"{folder} holds {what}. Put the pictures of each class into a folder of its name, such "
        f"as {os.path.join(folder, 'cat', '1.png')}, or list them in a CSV file of paths and "
        "labels, and give its path. If this is the folder of one class, give the folder above"
    )
