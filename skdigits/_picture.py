"""One picture, in a file or in memory, as bytes of one size in grey or in colour."""

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from skdigits._image_shape import with_channel

# The formats of files that are opened. Pillow has more; that of EPS runs another program.
FORMATS = (
    *("PNG", "JPEG", "MPO", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "TGA"),
    *("ICO", "PCX", "JPEG2000"),
    *("HEIF", "JXL"),  # by packages that add them to Pillow
)
HEIC = (".heic", ".heif", ".hif")
ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
COLOR_MODES = {1: "grayscale", 3: "rgb"}  # by channels
GREY_MODES = ("1", "L", "LA", "La", "I", "F")
# How to turn a picture upright, by its EXIF orientation; from 5 on, height and width change places.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Where the metadata of a PNG may say how to turn it; they may also lie behind the pixels.
PNG_METADATA = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")
# Tags of a TIFF
BITS = 258
TONES, WHITE_IS_ZERO = 262, 0
WHITE_12_BITS, WHITE_16_BITS = 4095, 65535


class PictureError(ValueError):
    """What is wrong with one picture, and how to mend it."""


class UnknownFormatError(PictureError):
    """The file is not a picture in a known format."""


@dataclass(frozen=True)
class Form:
    """What all pictures of a data set are brought to."""

    height: int
    width: int
    color_mode: str  # "grayscale" or "rgb"

    @property
    def shape(self):
        """Shape of the array of one picture."""
        size = (self.height, self.width)
        return size if self.color_mode == "grayscale" else (*size, 3)

    @property
    def shape_with_channels(self):
        """The same with an axis for grey, (height, width, channels)."""
        return with_channel(self.shape)


@contextmanager
def bombs_are_errors():
    """Refuse files that Pillow takes for decompression bombs; ignore its other warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def measure_file(path):
    """Return height, width and whether a picture is grey, from the beginning of its file.

    Raises
    ------
    PictureError
        If the file is no picture that can be opened.
    """
    with open_picture(path) as image:
        try:
            if _pixels_tell_orientation(image, path):
                image.load()
            width, height = image.size
            if orientation(image) >= 5:
                width, height = height, width
            return height, width, _is_grey(image)
        except Exception as error:  # Pillow's plugins raise errors of all types
            raise _cannot_be_read(error) from error


def read_file(file, form):
    """Return the pixels of a file in a form, as an array of `form.shape`, uint8.

    Parameters
    ----------
    file : str or io.BytesIO
        Path or content of the file.
    form : Form

    Raises
    ------
    PictureError
        If the file cannot be read.
    """
    with open_picture(file) as image:
        try:
            # A large JPEG is decoded at a half, a quarter or an eighth of its size, which is fast.
            side = 2 * max(form.height, form.width)
            image.draft(None, (side, side))
            load(image)
            turn = UPRIGHT.get(orientation(image))
            image = _to_mode(image, form)
            return _to_size(image if turn is None else image.transpose(turn), form)
        except PictureError:
            raise
        except Exception as error:
            raise _cannot_be_read(error) from error


def load(image):
    """Let Pillow decode an image, and give its transparent colour the scale of its pixels.

    Of PNGs, Pillow brings pixels of other depths to 8 bits, and this colour not always.
    """
    tile = getattr(image, "tile", None)  # an image in memory has none
    pixels = tile[0][3] if tile else None
    image.load()
    match pixels, image.info.get("transparency"):
        case "L;2", int(tone) if tone < 4:
            image.info["transparency"] = tone * 85
        case "L;4", int(tone) if tone < 16:
            image.info["transparency"] = tone * 17
        case "RGB;16B", (red, green, blue) if max(red, green, blue) > 255:
            image.info["transparency"] = (red >> 8, green >> 8, blue >> 8)


def to_pixels(image, form):
    """Return the pixels of a Pillow image in a form, as an array of `form.shape`, uint8."""
    return _to_size(_to_mode(image, form), form)


def _to_size(image, form):
    """Return the pixels of an image that has the mode of a form."""
    size = _size_inside(image, form)
    if size != image.size:
        smaller = size < image.size  # both sides are, or none
        method = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
        image = image.resize(size, method)
    pixels = np.asarray(image)
    return pixels if pixels.shape == form.shape else _pad(pixels, form)


def to_bytes(values):
    """Return grey values or colours of any type as uint8 of 0 to 255.

    Booleans are black and white, uint16 has 65535 for white, floats up to 1 have 1, and all other
    values have 255.

    Raises
    ------
    PictureError
        If there are other values.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "uif":
        raise PictureError(f"it has values of type {values.dtype}; give numbers from 0 to 255")
    low, high = (values.min(), values.max()) if values.size else (0, 0)
    white = 255
    if values.dtype == np.uint16:
        white = WHITE_16_BITS
    elif values.dtype.kind == "f" and high <= 1:
        white = 1
    if not (low >= 0 and high <= white):  # NaN is neither
        raise PictureError(f"it has values from {low} to {high}; give values from 0 to 255")
    return np.rint(values * np.float32(255 / white)).astype(np.uint8)


def open_picture(file, formats=FORMATS):
    """Open a picture, by its path or its content; Pillow decodes the pixels later.

    Parameters
    ----------
    file : str or io.BytesIO
    formats : sequence of str
        Pillow's names of the formats that are known.

    Raises
    ------
    PictureError
        If there is no picture of a known format.
    """
    try:
        if isinstance(file, str):
            if not os.path.exists(file):
                raise PictureError("there is no such file")
            if os.path.isdir(file):
                raise PictureError("this is a folder; give the paths of the pictures in it")
            if not os.path.isfile(file):  # opening a pipe would wait for ever
                raise PictureError("this is not a file")
        image = Image.open(file, formats=_available(formats))
        if image.format == "TIFF":
            # Of a file with a name, Pillow maps the pixels, and mixes them up if it has to turn it.
            image.filename = ""
        return image
    except UnidentifiedImageError as error:
        raise UnknownFormatError(_why_unknown(file)) from error
    except PictureError:
        raise
    except Exception as error:
        raise _cannot_be_read(error) from error


def _why_unknown(file):
    is_path = isinstance(file, str)
    if not (os.path.getsize(file) if is_path else file.getbuffer().nbytes):
        return "the file is empty"
    if is_path and file.lower().endswith(HEIC):
        return "the format is HEIC; install pillow-heif and register it, or save it as JPEG"
    return "the file is not a picture in a known format; save it as PNG or JPEG"


def _pixels_tell_orientation(image, path):
    """Return whether a picture has another orientation or another size once it is decoded."""
    if image.format == "PNG":
        with open(path, "rb") as file:
            content = file.read()
        return any(name in content for name in PNG_METADATA)
    return image.format == "TIFF" and orientation(image) > 1  # Pillow turns it


def orientation(image):
    """Return the EXIF orientation, 1 to 8; 1 is upright, also if the EXIF data are faulty."""
    try:
        # The method of the class of PNG files would decode the pixels.
        found = int(Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1))
        return found if found in UPRIGHT else 1
    except Exception:  # Pillow's plugins raise errors of all types
        return 1


def _cannot_be_read(error):
    if "MAX_TEXT" in str(error):  # Pillow's limits for the texts in a PNG
        return PictureError("it holds too much text beside the pixels; save it without metadata")
    return PictureError(f"the file cannot be read ({error or type(error).__name__})")


def _available(formats):
    Image.init()  # not kept: a format may be added later
    return tuple(name for name in formats if name in Image.OPEN)


def _is_grey(image):
    if image.mode in ("P", "PA"):
        colors = np.array(image.getpalette("RGB")).reshape(-1, 3)
        return bool((colors == colors[:, :1]).all())
    return image.mode in GREY_MODES or image.mode.startswith("I;16")


def _to_mode(image, form):
    """Return an image in mode "L" or "RGB"; what is transparent becomes white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _many_bits_to_bytes(image)
    elif image.mode in ALPHA_MODES or "transparency" in image.info:
        if image.mode in ("La", "RGBa"):  # colours that are multiplied by their opacity
            image = image.convert(image.mode.upper())
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    return image.convert("L" if form.color_mode == "grayscale" else "RGB")


def _many_bits_to_bytes(image):
    """Return a grey image of more than 8 bits in mode "L"; what is transparent becomes white."""
    values = np.asarray(image)
    tags = image.tag_v2 if image.format == "TIFF" else {}
    # Pillow opens some 16-bit files as 32-bit integers.
    has_32_bits = image.mode == "F" or tags.get(BITS) == (32,)
    if has_32_bits or values.min() < 0 or values.max() > WHITE_16_BITS:
        pixels = to_bytes(values)
    else:
        white = WHITE_12_BITS if tags.get(BITS) == (12,) else WHITE_16_BITS
        pixels = np.rint(values.astype(np.uint16) * np.float32(255 / white)).astype(np.uint8)
        if tags.get(TONES) == WHITE_IS_ZERO:  # Pillow turns such tones of 8 bits only
            pixels = 255 - pixels
    if "transparency" in image.info:  # the value of transparent pixels
        pixels = np.where(values == image.info["transparency"], np.uint8(255), pixels)
    return Image.fromarray(pixels)


def _size_inside(image, form):
    """Return the largest width and height that fit into the form without distortion."""
    width, height = image.size
    scale = min(form.width / width, form.height / height)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    return min(wide, form.width), min(high, form.height)


def _pad(pixels, form):
    """Put pixels in the middle of a larger picture, in the median colour of their border."""
    height, width = pixels.shape[:2]
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    padded = np.empty(form.shape, np.uint8)
    padded[:] = np.rint(np.median(border, axis=0))
    top, left = (form.height - height) // 2, (form.width - width) // 2
    padded[top : top + height, left : left + width] = pixels
    return padded
