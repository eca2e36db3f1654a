"""Predict with an ONNX file that `skdigits.export` wrote, with numpy and onnxruntime alone.

Neither TensorFlow nor scikit-learn is imported, so a process answers in a fraction of a second.
"""

import json
from math import prod
from pathlib import Path

import numpy as np

from skdigits._image_shape import without_channel

RUN_ROWS = 1024  # rows of one run of the session, to limit its memory
PREFIX = "skdigits."  # of our entries in the metadata of a file
INPUT_TYPES = {"tensor(uint8)": np.uint8, "tensor(double)": np.float64}  # others are float32


class OnnxModel:
    """A classifier in an ONNX file.

    Parameters
    ----------
    path : str or path
        A file that `skdigits.export` wrote.

    content : bytes, default=None
        The content of the file, which then need not exist; `path` is for messages. None reads it.

    n_threads : int, default=0
        Threads that calculate; 0 is one for each core.

    Attributes
    ----------
    classes : list of str or of int
        The labels of the file, in the order of the probabilities.

    labels : list of str
        The labels of the training as text: for False the file has 0.

    image_shape : tuple of int
        (height, width, channels) of an image, or (n_columns,).

    tones : (float, float)
        The values of black and of white in the training images.

    normalizes_digits : bool
        Whether the images are the output of `DigitNormalizer`, as `skdigits export` notes it.

    digits : bool
        Whether the training images were digits in MNIST's form, as far as the file says.

    light_ink : bool or None
        Whether what they show is lighter than its ground; None if it is unknown.

    input_shape : tuple of int
        Shape of one image in the input `X`.

    input_dtype : dtype
        Its dtype: uint8, float32 or float64.

    Raises
    ------
    ImportError
        If onnxruntime is not installed.
    ValueError
        If the file is not such a file.
    """

    def __init__(self, path, content=None, n_threads=0):
        content = Path(path).read_bytes() if content is None else content
        self._session = start_session(content, path, n_threads)
        metadata = self._session.get_modelmeta().custom_metadata_map
        if PREFIX + "classes" not in metadata:
            raise ValueError(f"{path} was not written by skdigits.export: it names no classes.")
        self.classes = json.loads(metadata[PREFIX + "classes"])
        labels = metadata.get(PREFIX + "labels", metadata[PREFIX + "classes"])
        self.labels = [str(label) for label in json.loads(labels)]
        self.image_shape = tuple(json.loads(metadata[PREFIX + "image_shape"]))
        white = json.loads(metadata.get(PREFIX + "white", "255"))
        self.tones = json.loads(metadata.get(PREFIX + "black", "0")), white
        self.normalizes_digits = metadata.get(PREFIX + "normalizes_digits") == "true"
        self.digits = metadata.get(PREFIX + "digits") == "true"
        self.light_ink = json.loads(metadata.get(PREFIX + "light_ink", "null"))
        (self._input,) = self._session.get_inputs()
        self.input_shape = tuple(self._input.shape[1:])
        self.input_dtype = np.dtype(INPUT_TYPES.get(self._input.type, np.float32))

    def predict(self, images):
        """Return the label of each image, as a list.

        Parameters
        ----------
        images : ndarray
            As `predict_proba` takes them.
        """
        return [self.classes[best] for best in self.predict_proba(images).argmax(axis=1)]

    def predict_proba(self, images):
        """Return the probability of each class.

        Parameters
        ----------
        images : ndarray of shape (n, n_values), (n, height, width) or (n, height, width, channels)
            Images of `image_shape`, of any number type, on the scale of the training data.

        Returns
        -------
        p : ndarray of shape (n, n_classes)

        Raises
        ------
        ValueError
            If the images have another shape, or values that the file does not take.
        """
        rows = self.to_input(images)
        starts = range(0, len(rows), RUN_ROWS) or [0]
        return np.concatenate([self.run(rows[at : at + RUN_ROWS]) for at in starts])

    def to_input(self, images):
        """Return images as `run` takes them; raise the errors of `predict_proba`."""
        images = np.asarray(images)
        if not self._takes(images.shape[1:]):
            raise ValueError(
                f"The model takes images of shape {self.image_shape}, in an array of shape "
                f"(n_images, {', '.join(map(str, self.input_shape))}): the first dimension counts "
                f"the images. Got an array of shape {images.shape}."
            )
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise ValueError("The images hold values that are not finite numbers.")
        return as_input(images.reshape(len(images), *self.input_shape), self.input_dtype)

    def _takes(self, shape):
        """Return whether an image of a shape can be used; other axes would be mixed up silently."""
        if len(shape) < 2 or len(self.image_shape) == 1:  # the file does not know axes of rows
            return bool(shape) and prod(shape) == prod(self.image_shape)
        return without_channel(shape) == without_channel(self.image_shape)

    def run(self, rows):
        """Return the probabilities for an array of shape (n, *input_shape) and `input_dtype`."""
        return self._session.run(["probabilities"], {self._input.name: rows})[0]


def start_session(content, path, n_threads=0):
    """Return ONNX Runtime's session for the content of a file."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            'ONNX files need onnxruntime: pip install "skdigits[onnx]", or onnxruntime alone.'
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    options.intra_op_num_threads = n_threads
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common class
        raise ValueError(f"ONNX Runtime cannot read {path}: {error}") from error


def as_input(images, dtype):
    """Convert images to the dtype of an input, or raise ValueError."""
    if images.dtype == dtype:
        return images
    with np.errstate(over="ignore"):
        converted = images.astype(dtype)
    if not np.isfinite(converted).all():
        raise ValueError(
            f"The model takes {dtype}, and the images have values that are too large for it, from "
            f"{images.min():g} to {images.max():g}."
        )
    if dtype == np.uint8 and not np.array_equal(converted, images):
        raise ValueError(
            "The model takes whole numbers from 0 to 255 (uint8), as it was trained on; the images "
            f"have values from {images.min():g} to {images.max():g}."
        )
    return converted
