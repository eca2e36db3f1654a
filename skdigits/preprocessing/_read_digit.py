"""The digit in the file of a picture, in MNIST's form."""

from skdigits._picture import Form, PictureError, open_picture
from skdigits.preprocessing._digit_normalization import reading
from skdigits.preprocessing._digit_normalization.find_digit import digit_ink
from skdigits.preprocessing._digit_normalization.mnist_form import SIDE, to_mnist_form

DIGIT_FORM = Form(SIDE, SIDE, "grayscale")


def read_digit(file, form=DIGIT_FORM):
    """Return the digit as `DigitNormalizer` does, as an array of shape (28, 28), uint8.

    Parameters
    ----------
    file : str or io.BytesIO
        Path or content of the file.
    form : Form
        `DIGIT_FORM`, so that this can take the place of `read_file`.

    Raises
    ------
    PictureError
        If the file cannot be read, or shows no digit.
    """
    with open_picture(file) as image:
        image.draft(None, (reading.LARGEST_SIDE, reading.LARGEST_SIDE))
        try:
            return to_mnist_form(digit_ink(*reading.read_picture(image)))
        except reading.PictureError as error:
            raise PictureError(str(error)) from error
