"""Views of images, as the named augmentations make them."""

import numpy as np

from skdigits.training._augmentation import NAMED


def views(images, augmentation):
    """Yield the images: unchanged, moved as far as in training, and mirrored.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, channels), or (n_images, n_features)
        Columns have no augmentation.

    augmentation : None, str, keras.Layer or sequence of these
        What changed the images in training. Names that move images add four moves (up, down, left
        and right) if a move is at least one pixel. "flip" adds a mirrored copy of each view. The
        others add nothing: turned or bent images would be blurred, and erased images miss a part.

    Yields
    ------
    view : ndarray of the shape and dtype of `images`
        The first view is the images themselves.
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
    """Yield the images moved each way by a share of their size, with repeated borders."""
    for axis in (1, 2):
        side = images.shape[axis]
        pixels = round(share * side)
        for move in (-pixels, pixels) if pixels else ():
            yield images.take(np.clip(np.arange(side) + move, 0, side - 1), axis=axis)
