"""Views of images: the ways in which augmentation by name may change them, one by one."""

import numpy as np

from skdigits.training._augmentation import NAMED


def views(images, augmentation):
    """Yield images as they are, moved by as much as training moves them, and mirrored.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, channels), or (n_images, n_features)
        Columns that are no image have no augmentation.

    augmentation : None, str, keras.Layer or sequence of these
        What changed the images of the training. Names that move images give four moves, up, down,
        left and right, where these are a pixel at least; "flip" mirrors all of them. The rest adds
        nothing: turned or bent images would be blurred, erased ones lack what they show.

    Yields
    ------
    view : ndarray of the shape and dtype of `images`
        The first are the images themselves.
    """
    given = augmentation if isinstance(augmentation, list | tuple) else (augmentation,)
    options: dict = {}
    for name in given:
        if isinstance(name, str):
            options.update(NAMED[name])
    moves = _moves(images, options["shift"]) if "shift" in options else ()
    for moved in [images, *moves]:
        yield moved
        if "flip" in options:
            yield moved[:, :, ::-1]


def _moves(images, share):
    """Yield the images moved each way by a share of their size; borders are repeated."""
    for axis in (1, 2):
        side = images.shape[axis]
        pixels = round(share * side)
        for move in (-pixels, pixels) if pixels else ():
            yield images.take(np.clip(np.arange(side) + move, 0, side - 1), axis=axis)
