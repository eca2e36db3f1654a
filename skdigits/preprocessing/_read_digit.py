"""The digit on a picture, in MNIST's form."""

from skdigits._picture import Form
from skdigits.preprocessing._digit_normalization.find_digit import digit_ink
from skdigits.preprocessing._digit_normalization.mnist_form import SIDE, to_mnist_form
from skdigits.preprocessing._digit_normalization.reading import read_picture

DIGIT_FORM = Form(SIDE, SIDE, "grayscale")


def digit_of(picture):
    """Return the digit on a picture as `DigitNormalizer` does, of shape (28, 28), uint8.

    Parameters
    ----------
    picture : array-like, PIL image, str, path-like or io.BytesIO
        As `read_picture` takes it.

    Raises
    ------
    PictureError
        If this is not a picture, or shows no digit.
    """
    return to_mnist_form(digit_ink(*read_picture(picture)))
