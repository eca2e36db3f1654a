"""Images of your own: folders, tables of paths, and arrays in files."""

import os
from numbers import Integral

import numpy as np
from PIL import Image
from sklearn.utils import Bunch

from skdigits import _constraints as c
from skdigits._picture import COLOR_MODES, Form, PictureError, to_bytes, to_pixels
from skdigits.datasets._bunch import LOADER_CONSTRAINTS
from skdigits.datasets._image_arrays import ArrayPart, check_images, list_idx, list_npz
from skdigits.datasets._memory import check_memory
from skdigits.datasets._parts import as_target, choose_parts
from skdigits.datasets._picture_folder import list_folder
from skdigits.datasets._picture_table import list_table
from skdigits.datasets._read_pictures import common_form, read_files

TABLES = (".csv", ".tsv", ".txt")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
WHAT_IS_READ = (
    "a folder with a folder of pictures for each class, a .csv file of paths and labels, an .npz "
    "file, or a folder of IDX files"
)


@c.with_checked_arguments(
    {
        "path": [c.instance_of(str, os.PathLike)],
        "subset": LOADER_CONSTRAINTS["subset"],
        "image_shape": [c.ARRAY_LIKE, c.NONE],
        "color_mode": [c.one_of("grayscale", "rgb"), c.NONE],
        "on_error": [c.one_of("raise", "warn")],
        "return_X_y": LOADER_CONSTRAINTS["return_X_y"],
        "memmap": [c.instance_of(str, os.PathLike), c.NONE],
    }
)
def load_images(
    path,
    *,
    subset="train",
    image_shape=None,
    color_mode=None,
    on_error="raise",
    return_X_y=False,
    memmap=None,
):
    """Load your own images, and bring them to one size.

    The data can have one of these forms:

    - A folder that holds a folder of pictures for each class, with the name of the class. The
      folders of the classes can be in folders ``train``, ``val`` and ``test``.
    - A CSV file with the columns ``path`` and ``label``. Paths are relative to the folder of the
      file. A column ``split`` can divide the pictures into train, val and test.
    - An ``.npz`` file with the arrays ``x_train``, ``y_train``, ``x_test`` and ``y_test``, as Keras
      names them, or ``train_images``, ``train_labels``, ``val_images`` and so on, as MedMNIST does.
    - A folder of IDX files with names like those of MNIST.

    Parameters
    ----------
    path : str or path-like
        The folder or the file.

    subset : {"train", "test", "all"}, default="train"
        The part to load. "train" is everything if the data are not divided. "test" is the
        validation part if there is no test part. "all" is the training images, followed by the
        validation images and the test images.

    image_shape : tuple of int, default=None
        Height and width, (h, w). (h, w, 1) and (h, w, 3) also set the color mode. None means the
        size that most pictures of all parts have. Other pictures are resized without distortion:
        they become as large as fits, and the rest is filled with the median colour of their
        border. Set a small size, such as (64, 64), for photographs, since the time to train grows
        with the number of pixels. If None, and most pictures have more than 256 x 256 pixels, an
        error suggests a size.

    color_mode : {"grayscale", "rgb"}, default=None
        None means "grayscale" if all pictures of all parts are stored as grey, and "rgb" otherwise.

    on_error : {"raise", "warn"}, default="raise"
        What to do if pictures cannot be read: "raise" an error that names them, or leave them out
        and "warn".

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    memmap : str or path-like, default=None
        An ``.npy`` file to write the images to; it replaces an older one. The data are then a
        read-only ``numpy.memmap``, which the classifiers read part by part. Use it for images that
        do not fit into memory. It is for pictures in files; arrays are in memory anyway.

    Returns
    -------
    images : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray or memmap of shape (n_samples, h, w) or (n_samples, h, w, 3), uint8
            The images, from 0 to 255: grey, or red, green and blue.
        target : ndarray of shape (n_samples,), int64 or str
            The label of each image: the name of its class, without blanks around it. None is
            empty. If all names are whole numbers without leading zeros, the labels are integers.
        target_names : ndarray of shape (n_classes,), str
            The classes of all parts, in the order of ``np.unique`` and of ``classes_``.
        filenames : ndarray of shape (n_samples,), str, or None
            The paths of the pictures. None for arrays.
        DESCR : str
            A description of the data.

    (data, target) : tuple if `return_X_y` is True
        The two arrays.

    Raises
    ------
    OSError
        If there is no such path; if pictures cannot be read and `on_error` is "raise", or if none
        can be read; if an ``.npz`` or IDX file is truncated or corrupt.
    ValueError
        If a parameter has a value that it cannot take; if the data have another form, or not the
        subset; if the images do not fit into memory.

    See Also
    --------
    fetch_mnist : The 70,000 handwritten digits of MNIST.
    skdigits.preprocessing.DigitNormalizer : Bring pictures of digits to MNIST's form.
    sklearn.datasets.load_files : Text files in folders.

    Notes
    -----
    Hidden files, files that systems leave behind (``__MACOSX``, ``Thumbs.db``) and notes beside
    pictures (``.txt``, ``.csv``, ``.json`` and similar) are ignored. Every other file in the folder
    of a class must be a picture: PNG, JPEG, GIF, BMP, TIFF, WebP or another common format. Pictures
    further down belong to the class too. Links are followed. A folder without pictures is not a
    class; a warning names it. Pictures beside the folders ``train``, ``val`` and ``test`` are left
    out; a warning names them or their folders.

    Pictures are turned as their EXIF data say. An animation gives its first frame. Transparent
    pixels become white. Values of 16 bits are scaled to 8. Those of 32 bits are from 0 to 255, or
    fractions from 0 to 1. Colours become grey by the weights of ITU-R 601. A smaller image has the
    means of the pixels of the larger one; a larger image is interpolated linearly.

    Pictures are decoded one at a time. A picture with more pixels than
    ``PIL.Image.MAX_IMAGE_PIXELS`` counts as one that cannot be read. Arrays of Python objects raise
    an error, since reading them can run code.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> from skdigits.datasets import load_images
    >>> folder = TemporaryDirectory()
    >>> for label, grey in (("dark", 40), ("light", 200)):
    ...     Path(folder.name, label).mkdir()
    ...     Image.new("L", (28, 28), grey).save(Path(folder.name, label, "1.png"))
    >>> X, y = load_images(folder.name, return_X_y=True)
    >>> X.shape, X.dtype
    ((2, 28, 28), dtype('uint8'))
    >>> y
    array(['dark', 'light'], dtype='<U5')
    """
    size, color_mode = _check_form(image_shape, color_mode)
    where = os.path.expanduser(os.fsdecode(path))
    parts = _list_parts(where)
    wanted = choose_parts(parts, subset, where)
    target, target_names = _targets(parts, wanted)
    filenames = None
    if isinstance(parts[wanted[0]], ArrayPart):
        if memmap is not None:
            raise ValueError(f"memmap is for pictures in files; {where} has arrays")
        data = _read_arrays([parts[part] for part in wanted], where, size, color_mode)
    else:
        form = common_form(_paths(parts.values()), size, color_mode)
        filenames = np.array(_paths(parts[part] for part in wanted))
        data, readable = read_files(filenames.tolist(), form, on_error=on_error, memmap=memmap)
        filenames, target = filenames[readable], target[readable]
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        target_names=target_names,
        filenames=filenames,
        DESCR=_describe(where, parts, wanted, data, target_names),
    )


def list_pictures(path, subset):
    """Return what `load_images` would read, without reading it.

    Returns
    -------
    paths : list of str or None
        The paths of the pictures; None for arrays.
    target : ndarray of shape (n_samples,)
    """
    where = os.path.expanduser(os.fsdecode(path))
    parts = _list_parts(where)
    wanted = choose_parts(parts, subset, where)
    target, _ = _targets(parts, wanted)
    if isinstance(parts[wanted[0]], ArrayPart):
        return None, target
    return _paths(parts[part] for part in wanted), target


def _check_form(image_shape, color_mode):
    """Return height and width or None, and the color mode that both parameters say or None."""
    if image_shape is None:
        return None, color_mode
    shape = tuple(image_shape)
    whole = all(isinstance(n, Integral) and int(n) >= 1 for n in shape)
    if not whole or len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in COLOR_MODES):
        raise ValueError(
            "image_shape must be (height, width), (height, width, 1) or (height, width, 3), whole "
            f"numbers of at least 1; got {image_shape!r}"
        )
    size = (int(shape[0]), int(shape[1]))
    if len(shape) == 2:
        return size, color_mode
    said = COLOR_MODES[shape[2]]
    if color_mode not in (None, said):
        raise ValueError(f"image_shape={shape} means color_mode={said!r}, not {color_mode!r}")
    return size, said


def _list_parts(where):
    """Return the parts of the data at a path, by their names."""
    if not os.path.exists(where):
        raise FileNotFoundError(f"there is no folder or file {where}")
    if os.path.isdir(where):
        return list_idx(where) or list_folder(where)
    suffix = os.path.splitext(where)[1].lower()
    if suffix in TABLES:
        return list_table(where)
    if suffix == ".npz":
        return list_npz(where)
    hint = "Unpack it first, and give" if suffix in ARCHIVES else "Give"
    raise ValueError(f"{where} cannot be loaded. {hint} {WHAT_IS_READ}")


def _targets(parts, wanted):
    """Return the labels of the wanted parts, and the names of the classes of all parts."""
    target = as_target(np.concatenate([part.labels for part in parts.values()]))
    names = np.repeat(list(parts), [len(part.labels) for part in parts.values()])
    return (
        np.concatenate([target[names == part] for part in wanted]),
        np.unique(target).astype(str),
    )


def _paths(parts):
    return [path for part in parts for path in part.paths]


def _read_arrays(parts, where, size, color_mode):
    """Return the images of parts in one form, as one array of uint8."""
    arrays = [check_images(part.read_images(), len(part.labels), where) for part in parts]
    has_colors = any(images.ndim == 4 for images in arrays)
    sizes = {images.shape[1:3] for images in arrays}
    if size is None and len(sizes) > 1:
        raise ValueError(
            f"the parts of {where} have {len(sizes)} sizes of images; give image_shape"
        )
    height, width = size or arrays[0].shape[1:3]
    form = Form(height, width, color_mode or ("rgb" if has_colors else "grayscale"))
    check_memory((sum(map(len, arrays)), *form.shape))
    try:
        return np.concatenate([_to_form(to_bytes(images), form) for images in arrays])
    except PictureError as error:
        raise ValueError(f"the array of images in {where} cannot be used: {error}") from error


def _to_form(images, form):
    """Return images of uint8 in a form."""
    if images.shape[1:] == form.shape:
        return images
    result = np.empty((len(images), *form.shape), np.uint8)
    for number, image in enumerate(images):
        result[number] = to_pixels(Image.fromarray(image), form)
    return result


def _describe(where, parts, wanted, data, target_names):
    title = f"Images of {where}"
    color = "grey" if data.ndim == 3 else "RGB"
    text = f"{len(data):,} {color} images of {data.shape[1]} x {data.shape[2]} pixels"
    if list(parts) == ["train"]:
        text += f" in {len(target_names)} classes."
    else:
        counts = ", ".join(f"{len(part.labels):,} in {name}" for name, part in parts.items())
        text += (
            f", from {' and '.join(wanted)}. All parts have {len(target_names)} classes; {counts}."
        )
    return f"{title}\n{'-' * len(title)}\n{text}\n"
