"""The images in a body: a picture, a form with pictures, or a JSON array."""

import io
from codecs import BOM_UTF8
from contextlib import contextmanager

import numpy as np
from PIL import Image
from pydantic_core import from_json

from skdigits._picture import PictureError, UnknownFormatError, open_picture, to_bytes
from skdigits.service._errors import RequestError
from skdigits.service._forms import files_of_form
from skdigits.service._tensors import to_numbers

FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "GIF")  # MPO is the JPEG of some telephones
ACCEPTED = "PNG, JPEG, WebP or GIF"
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class Pictures:
    """The pictures of a request, checked before any is decoded.

    Parameters
    ----------
    files : list of bytes
    limits : Limits

    Attributes
    ----------
    n_pixels : int

    Raises
    ------
    RequestError
        If one is not a picture, or if they have too many pixels.
    """

    def __init__(self, files, limits):
        self._files = files
        self.n_pixels = 0
        for number, content in enumerate(files):
            with _errors_told(self._name(number)):
                self.n_pixels += _n_pixels(content, limits.n_pixels)
            if self.n_pixels > limits.n_pixels:
                raise _too_many_pixels(limits.n_pixels)

    def read(self, read_file):
        """Return what a function makes of each file, as one array."""
        images = []
        for number, content in enumerate(self._files):
            with _errors_told(self._name(number)):
                images.append(read_file(io.BytesIO(content)))
        return np.stack(images)

    def _name(self, number):
        return "" if len(self._files) == 1 else f"picture {number + 1}: "


@contextmanager
def _errors_told(name):
    """Turn errors of a picture into errors for the client, which begin with its name."""
    try:
        yield
    except UnknownFormatError:
        raise RequestError(415, f"{name}the file is not a picture; send {ACCEPTED}") from None
    except PictureError as error:
        raise RequestError(422, f"{name}{error}") from None


def _n_pixels(content, limit):
    if not content:
        raise PictureError("the file is empty")
    try:
        with open_picture(io.BytesIO(content), FORMATS) as image:
            return image.width * image.height
    except PictureError as error:
        if isinstance(error.__cause__, BOMBS):
            raise _too_many_pixels(limit) from None
        raise


def _too_many_pixels(limit):
    return RequestError(
        413, f"the pictures of a request may have at most {limit / 1e6:g} million pixels together"
    )


def images_of(content_type, body, form, limits):
    """Return the images in a body: `Pictures`, or an array of shape (n, *form.shape), uint8.

    Parameters
    ----------
    content_type : str
        Of the request. Only forms and JSON are told by it. What a picture is, its content tells.
    body : bytes
    form : Form
        That arrays need to have.
    limits : Limits

    Raises
    ------
    RequestError
        If there are no images that can be used.
    """
    if not body:
        raise RequestError(400, f"the body is empty; send a picture as {ACCEPTED}")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _of_json(body, form, limits)
    if media_type == "multipart/form-data":
        return Pictures(files_of_form(content_type, body, limits.n_images), limits)
    if body.removeprefix(BOM_UTF8).lstrip()[:1] in (b"[", b"{"):  # no picture begins so
        raise RequestError(
            415, "this is not a picture; for JSON, send the header Content-Type: application/json"
        )
    return Pictures([body], limits)


def _of_json(body, form, limits):
    try:
        values = from_json(body.removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise RequestError(400, f"the body is not JSON ({error})") from None
    shape = " x ".join(map(str, form.shape))
    wanted = f"send an image of {shape} numbers from 0 to 255, or a list of such images"
    try:
        array = to_numbers(values)
    except ValueError:
        raise RequestError(422, f"this is not an array of numbers; {wanted}") from None
    shapes = (form.shape, form.shape_with_channels)
    if array.shape in shapes:
        array = array[np.newaxis]
    if array.shape[1:] not in shapes or not len(array):
        raise RequestError(422, f"this is an array of another kind; {wanted}")
    if len(array) > limits.n_images:
        raise RequestError(413, f"a request may have at most {limits.n_images} images")
    try:
        # Floats: without larger numbers, 1 is white, also where no number is written with a point.
        return to_bytes(array.astype(float)).reshape(-1, *form.shape)
    except PictureError as error:
        raise RequestError(422, f"the array cannot be used: {error}") from None
