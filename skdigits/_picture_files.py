"""Which files of a folder are pictures."""

import os

# What systems and programs leave beside pictures, besides hidden files.
LEFT_BY_SYSTEMS = {
    *("__macosx", "icon\r"),  # of macOS
    *("thumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),  # of Windows
    *("@eadir", "#recycle", "@recycle", "lost+found"),  # of file servers
}

# Files that describe pictures. All other files in a folder of pictures have to be pictures.
NOTES = (
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".md", ".html", ".ini"),
    *(".log", ".db", ".py", ".ipynb"),
    ":zone.identifier",  # where Windows says that a file is from
)

# Those of Pillow's formats of pictures, and others that people keep. The systems' lists of types
# lack some, and each system others.
PICTURES = (
    *(".apng", ".avif", ".avifs", ".bmp", ".bw", ".cr2", ".cur", ".dcx", ".dds", ".dib", ".dng"),
    *(".emf", ".eps", ".gif", ".heic", ".heif", ".icb", ".icns", ".ico", ".j2c", ".j2k", ".jfif"),
    *(".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".jxl", ".mpo", ".nef", ".pbm"),
    *(".pcx", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".qoi", ".ras", ".rgb", ".rgba"),
    *(".sgi", ".svg", ".tga", ".tif", ".tiff", ".vda", ".vst", ".webp", ".wmf", ".xbm", ".xpm"),
)


def walk(folder, above=(), on_error=None):
    """Yield the paths of all pictures in a folder and below, sorted; follow links.

    If a folder cannot be read, `on_error` is called with the OSError; None raises it.
    """
    here = os.path.realpath(folder)
    if here in above:  # a link back
        return
    try:
        folders, files = look_into(folder)
    except OSError as error:
        if on_error is None:
            raise
        on_error(error)
        return
    yield from files
    for below in folders:
        yield from walk(below, (*above, here), on_error)


def look_into(folder):
    """Return the paths of the folders and of the pictures directly in a folder, sorted."""
    folders, files = [], []
    for path in visible(folder):
        if os.path.isdir(path):
            folders.append(path)
        elif not path.lower().endswith(NOTES):
            files.append(path)
    return folders, files


def is_picture(path):
    """Return whether a file is a picture by its suffix."""
    return path.lower().endswith(PICTURES)


def visible(folder):
    """Return the paths of what is directly in a folder, sorted, without what is hidden."""
    return [
        os.path.join(folder, name)
        for name in sorted(os.listdir(folder))
        if not name.startswith(".") and name.lower() not in LEFT_BY_SYSTEMS
    ]
