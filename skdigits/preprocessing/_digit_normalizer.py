"""DigitNormalizer brings pictures of digits to MNIST's form."""

import os

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from skdigits import _constraints as c
from skdigits._pickling import OldPickles
from skdigits._picture import PictureError
from skdigits._warnings import warn
from skdigits.preprocessing._image_output import ImageOutputMixin
from skdigits.preprocessing._read_digit import DIGIT_FORM, digit_of

MOST_NAMED = 20  # bad pictures that one message names; more would hide what comes before it
HOW_TO_GIVE = "give a list of pictures, or an array of shape (n_samples, height, width[, channels])"


class DigitNormalizer(  # type: ignore[call-arg]
    OldPickles, ImageOutputMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Bring pictures of single handwritten digits to MNIST's form.

    A picture may be a photograph of ink on plain, ruled or squared paper, in uneven light, or a
    drawing on a screen, or a small scan that is cropped to the digit. It may have any size, colour
    and polarity, and its ink may be in its transparency. The pen may be thick, or as thin as one
    pixel. The digit comes out light on dark in 28 x 28 pixels: its longer side is 20 pixels long,
    its centre of mass lies at the centre of the image, and its strokes are about as thick as
    MNIST's, with grey edges. Pictures that are in this form already come out nearly unchanged.

    The transformer learns nothing, so it works without `fit`.

    Parameters
    ----------
    on_error : {"raise", "warn"}, default="raise"
        What to do if pictures cannot be read or show no digit. "raise" looks at all pictures and
        raises one ValueError that names each bad one and how to mend it. "warn" says the same in
        one warning and gives an image of zeros for each bad picture; use it if one bad picture
        must not stop the others.

    See Also
    --------
    ImageReshaper : Turn rows of pixels into images.
    skdigits.CNNClassifier : Classify the images; train it with `augmentation="affine"`.

    Notes
    -----
    The steps use methods that are known from the analysis of scanned documents:

    1. Colours become grey along their first principal component.
    2. The picture is divided by a polynomial surface of fourth degree, which removes uneven light.
    3. Border, area, breadth and edges vote on whether the ink is lighter than its ground.
    4. A grey closing finds the ground, to which edges of shadows and of pages belong. What differs
       from it is ink.
    5. Printed lines from border to border are removed; strokes that cross them stay.
    6. The threshold is the mean of the ink, weighted by its squared gradient. A mark has ink above
       the threshold, and reaches down to half of it.
    7. The heaviest mark is the digit, together with marks near it.
    8. A digit of fewer pixels than MNIST's is drawn again by cubic splines. If it fills a small
       square, it was probably stretched to do so. It gets the width at which its strokes are about
       as thick across as along.
    9. Strokes much thinner or thicker than MNIST's are drawn again from their distance map.
    10. A 1 loses its upstroke and its foot, which MNIST's writers hardly ever wrote. Networks that
        have learned from MNIST take a 1 with them for a 7, a 4 or a 2.

    Pictures are turned as their EXIF data say. If a picture has several frames, the first one is
    used. Digits are expected to be upright.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits",
    http://yann.lecun.com/exdb/mnist, says how its images were fitted and centred.

    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions on
    Systems, Man, and Cybernetics 9(1), 1979. Its threshold is used to tell light ink from dark ink,
    and drawings of two tones from photographs.

    Examples
    --------
    >>> import numpy as np
    >>> from skdigits.preprocessing import DigitNormalizer
    >>> picture = np.full((100, 80), 200)
    >>> picture[20:80, 38:44] = 40
    >>> image = DigitNormalizer().transform([picture])[0]
    >>> image.shape, image.dtype
    ((28, 28), dtype('uint8'))
    >>> int(image.min()), int(image.max())
    (0, 255)
    """

    _constraints: dict = {"on_error": [c.one_of("raise", "warn")]}

    def __init__(self, on_error="raise"):
        self.on_error = on_error

    @c.with_checked_parameters
    def fit(self, X=None, y=None):
        """Check the parameter. There is nothing to learn.

        Parameters
        ----------
        X : None or pictures
            Ignored.

        y : None
            Ignored.

        Returns
        -------
        self : object
            The transformer.
        """
        return self

    @c.with_checked_parameters
    def transform(self, X):
        """Bring pictures to MNIST's form.

        Parameters
        ----------
        X : sequence of pictures, or array-like of shape (n_samples, height, width) or \
                (n_samples, height, width, channels)
            A picture is an array of shape (height, width) or (height, width, channels), with 1
            channel (grey), 2 (grey and alpha), 3 (red, green, blue) or 4 (and alpha), or a PIL
            image, or the path of a file. A sequence may mix all of these, of different sizes.

        Returns
        -------
        images : ndarray of shape (n_samples, 28, 28), uint8
            The digits, 255 on strokes and 0 elsewhere.

        Raises
        ------
        ValueError
            If X is not a sequence of pictures, or if a picture is bad and `on_error="raise"`.

        Warns
        -----
        UserWarning
            If a picture is bad and `on_error="warn"`.
        """
        pictures = _as_list(X)
        images = np.zeros((len(pictures), *DIGIT_FORM.shape), dtype=np.uint8)
        problems = []
        for i, picture in enumerate(pictures):
            try:
                images[i] = digit_of(picture)
            except PictureError as error:
                problems.append(f"{_name(i, picture)}: {error}.")
        if problems:
            self._report(problems, len(pictures))
        return self._in_container(images, X)

    def _report(self, problems, n_pictures):
        """Raise or warn about all bad pictures at once."""
        more = len(problems) - MOST_NAMED
        lines = problems[:MOST_NAMED] + ([f"and {more} more."] if more > 0 else [])
        message = f"{len(problems)} of {n_pictures} pictures cannot be used.\n" + "\n".join(lines)
        if self.on_error == "raise":
            hint = 'Use DigitNormalizer(on_error="warn") to go on with the others.'
            raise ValueError(f"{message}\n{hint}")
        warn(f"{message}\nTheir images are blank.")

    def __sklearn_tags__(self):
        """Return the tags: the input is pictures rather than a table, and nothing is fitted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["uint8"]
        return tags


def _as_list(X):
    """Return a list of pictures, or raise ValueError if X is not a sequence of them."""
    if isinstance(X, str | os.PathLike) or hasattr(X, "getexif"):
        raise ValueError(f"X is one picture; put it in a list: [picture]. Or {HOW_TO_GIVE}.")
    if nw.dependencies.is_into_dataframe(X):  # a list of it would hold the names of its columns
        raise ValueError(
            f"X is a data frame of shape {X.shape}; {HOW_TO_GIVE}. Give a column of pictures by "
            "name, such as X['picture']; bring rows of pixels to images first, with ImageReshaper."
        )
    if isinstance(X, np.ndarray) and X.dtype.kind not in "OUT":
        if X.ndim not in (3, 4):
            raise ValueError(
                f"X is an array of shape {X.shape}; {HOW_TO_GIVE}. Put a single picture in a list: "
                "[picture]; bring rows of pixels to images first, with ImageReshaper."
            )
        if X.ndim == 3 and X.shape[2] in (1, 2, 3, 4):
            raise ValueError(
                f"X is an array of shape {X.shape}, which looks like a single picture with "
                f"{X.shape[2]} channels; put it in a list: [picture]."
            )
    try:
        pictures = list(X)
    except TypeError as error:
        raise ValueError(f"X is of type {type(X).__name__}; {HOW_TO_GIVE}.") from error
    if not pictures:
        raise ValueError(f"X holds 0 samples (pictures); {HOW_TO_GIVE}.")
    return pictures


def _name(index, picture):
    """Return how to find a picture again: its index, and its path where it has one."""
    path = picture if isinstance(picture, str | os.PathLike) else getattr(picture, "filename", "")
    return f"Picture {index} ({os.fspath(path)})" if path else f"Picture {index}"
