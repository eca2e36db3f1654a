"""The digit on a picture, in MNIST's form."""

from skdigits._picture import Form, open_picture
from skdigits.preprocessing._digit_normalization.find_digit import digit_ink
from skdigits.preprocessing._digit_normalization.mnist_form import SIDE, to_mnist_form
from skdigits.preprocessing._digit_normalization.reading import LARGEST_SIDE, read_picture

DIGIT_FORM = Form(SIDE, SIDE, "grayscale")


def digit_of(picture):
    """Return the digit on a picture as `DigitNormalizer` does, of shape (28, 28), uint8.

    Parameters
    ----------
    picture : array-like, PIL image, str or path-like

    Raises
    ------
    PictureError
        If this is not a picture, or shows no digit.
    """
    return to_mnist_form(digit_ink(*read_picture(picture)))


def read_digit(file, form=DIGIT_FORM):
    """Return the digit on the picture in a file.

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
        image.draft(None, (LARGEST_SIDE, LARGEST_SIDE))
        return digit_of(image)
