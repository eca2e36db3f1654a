"""Read a picture, whatever holds it, as an array of grey values."""

import io
import os
import warnings

import numpy as np
from PIL import Image
from scipy import ndimage

from skdigits._picture import ALPHA_MODES, UPRIGHT, PictureError, load, open_picture, orientation

# A picture twice as large or more is shrunk by means of blocks, and a JPEG is decoded at a half, a
# quarter or an eighth of its size. That is much faster, and a digit that fills a twentieth of the
# picture stays larger than MNIST's.
LARGEST_SIDE = 1600  # pixels
NARROWEST = 3  # pixels

# Scales of pixels
USUAL_WHITES = 255, 1023, 4095, 16383, 65535  # of 8 to 16 bits
LARGEST_OF_SMALL_SCALES = 16  # scikit-learn's digits; standardised images lie below it too

# Colours
GREY_SHARE = 0.01  # of grey in the mix of channels; it decides if the picture has no colours

# Transparency
SEEN = 0.5  # of the largest alpha
SAME_COLOUR = 0.2  # tone, by which the colours of ink may differ
OTHER_COLOURS = 0.02  # share of pixels that may have other colours, such as those of edges
FILLED_BOX = 0.6  # share of its box that a picture fills, and ink does not

ACCEPTED = "give an array of numbers, a PIL image or a path"


def read_picture(picture):
    """Return a picture in grey, and whether that is ink already.

    Parameters
    ----------
    picture : array-like, PIL image, str, path-like or io.BytesIO
        An array has shape (height, width) or (height, width, channels), with 1 channel (grey), 2
        (grey, alpha), 3 (red, green, blue) or 4 (and alpha). io.BytesIO has the content of a file.

    Returns
    -------
    grey : ndarray of shape (height, width), float32
        Values of about 0..1.

    is_ink : bool
        True if the transparency shows the ink: `grey` is 1 on ink, 0 elsewhere.

    Raises
    ------
    PictureError
        If this is not a picture.
    """
    if isinstance(picture, str | os.PathLike):
        pixels = _read_file(os.fsdecode(picture))
    elif isinstance(picture, io.BytesIO):
        pixels = _read_file(picture)
    elif isinstance(picture, Image.Image):
        pixels = _read_image(picture)
    else:
        pixels = _read_array(picture)
    pixels = _check_pixels(pixels)
    if pixels.ndim == 2:
        return pixels, False
    if pixels.shape[2] in (2, 4):
        return _without_alpha(pixels[..., :-1], pixels[..., -1])
    return _to_grey(pixels), False


def _read_file(file):
    with open_picture(file) as image:
        image.draft(None, (LARGEST_SIDE, LARGEST_SIDE))
        return _read_image(image)


def _read_image(image):
    try:
        return _pixels_of_image(image)
    except Exception as error:  # Pillow reads the file of an image only now
        raise PictureError(
            f"the image cannot be read ({error}); its file may be cut short or closed: save it or "
            "open it again"
        ) from error


def _read_array(pixels):
    try:
        return np.asarray(pixels)
    except ValueError as error:
        raise PictureError(f"it is not an array of pixels ({error}); {ACCEPTED}") from error


def _pixels_of_image(image):
    """Return a PIL image, turned as its EXIF data say, as an array of a shape that we take."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # faulty EXIF data are no reason to stop
        load(image)
        turn = UPRIGHT.get(orientation(image))
    if turn is not None:
        image = image.transpose(turn)
    if image.mode.startswith("I;16"):
        grey = np.asarray(image).astype(np.uint16)
        if "transparency" not in image.info:  # the value of transparent pixels
            return grey
        opacity = np.where(grey == image.info["transparency"], 0, 65535)
        return np.stack([grey, opacity.astype(np.uint16)], axis=2)
    if image.mode in ("I", "F"):
        return np.asarray(image)
    if image.mode in ("La", "RGBa"):  # colours times their opacity
        image = image.convert(image.mode.upper())
    if image.mode in ALPHA_MODES or "transparency" in image.info:
        return np.asarray(image.convert("RGBA"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def _check_pixels(pixels):
    """Return pixels as float32 of about 0..1, or raise PictureError."""
    if pixels.dtype.kind not in "buif":
        raise PictureError(f"it is of type {pixels.dtype}; {ACCEPTED}")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 2, 3, 4)):
        raise PictureError(
            f"it has shape {pixels.shape}; give (height, width) or (height, width, channels) "
            "with 1 to 4 channels"
        )
    if min(pixels.shape[:2]) < NARROWEST:
        raise PictureError(
            f"it has shape {pixels.shape}, too small for a digit; give at least {NARROWEST} x "
            f"{NARROWEST} pixels"
        )
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    values = pixels.astype(np.float32)
    if not np.isfinite(values).all():
        raise PictureError("it holds NaN or infinity; replace these pixels")
    values -= min(values.min(), 0)  # light is never negative
    white = _white(values, are_bytes=pixels.dtype == np.uint8)
    return shrink(values, max(values.shape[:2]) // LARGEST_SIDE) / white


def _white(values, *, are_bytes):
    """Return the value that is white, as far as the type and the largest value show it."""
    largest = float(values.max())
    if largest <= 1:  # of any type, such as a mask of bytes
        return np.float32(1)
    if are_bytes:
        return np.float32(255)
    if largest <= LARGEST_OF_SMALL_SCALES:
        return np.float32(largest)
    return np.float32(next((white for white in USUAL_WHITES if largest <= white), largest))


def shrink(pixels, factor):
    """Return the means of blocks of `factor` x `factor` pixels, without what fills no block.

    Raises
    ------
    PictureError
        If hardly anything remains.
    """
    if factor <= 1:
        return pixels
    height, width = (side // factor for side in pixels.shape[:2])
    if min(height, width) < NARROWEST:
        raise PictureError(f"it has shape {pixels.shape}, too narrow for a digit")
    whole = pixels[: height * factor, : width * factor]
    corners = ((y, x) for y in range(factor) for x in range(factor))
    return sum(whole[y::factor, x::factor] for y, x in corners) / factor**2


def _to_grey(colours):
    """Return the mix of the channels in which the picture has most contrast.

    The common formula of brightness would make yellow ink on white paper vanish. This is the first
    principal component of the differences between neighbours, which are due to ink rather than to
    shadows.
    """
    across = np.diff(colours, axis=1).reshape(-1, 3)
    down = np.diff(colours, axis=0).reshape(-1, 3)
    scatter = across.T @ across + down.T @ down
    scatter = scatter.astype(float) + (GREY_SHARE * np.trace(scatter) + 1e-9) / 3
    mix = np.linalg.eigh(scatter)[1][:, -1]
    mix = mix * np.sign(mix.sum()) / np.abs(mix).sum()
    grey = colours @ mix.astype(np.float32)
    return grey - np.minimum(mix, 0).sum(dtype=np.float32)


def _without_alpha(colours, alpha):
    """Return grey values and whether they are ink, for a picture with transparency.

    The transparency either shows the ink itself, or surrounds a picture that does.
    """
    colours = colours if colours.shape[2] == 3 else np.repeat(colours, 3, axis=2)
    seen = alpha > SEEN * alpha.max()
    if seen.all() or not seen.any():
        return _to_grey(colours), False
    visible = colours[seen]
    usual = np.median(visible, axis=0)
    others = np.abs(visible - usual).max(axis=1) > SAME_COLOUR
    (box,) = ndimage.find_objects(seen.astype(int))
    if np.mean(others) < OTHER_COLOURS or seen[box].mean() < FILLED_BOX:
        return alpha, True
    # Transparent pixels take the colour next to them, so that no edge looks like a stroke.
    nearest = ndimage.distance_transform_edt(~seen, return_distances=False, return_indices=True)
    return _to_grey(colours[tuple(nearest)]), False
