"""What the tests of `load_images` share: small pictures, and folders of them."""

from pathlib import Path

import numpy as np
from PIL import Image


def save(path, *, size=(6, 6), color=0, mode="L", **options):
    """Write a picture of one colour; `size` is height and width."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size[::-1], color).save(path, **options)
    return path


def save_array(path, pixels, **options):
    """Write a picture of these pixels."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path, **options)
    return path


def save_tree(root, files):
    """Write pictures whose grey values are given by their paths in a folder; return the folder."""
    for name, grey in files.items():
        save(Path(root, name), color=grey)
    return Path(root)


def values(bunch):
    """Return the first pixel of each image with its label."""
    first = bunch.data.reshape(len(bunch.data), -1)[:, 0]
    return list(zip(first.tolist(), bunch.target.tolist(), strict=True))
