"""Write a fitted classifier as a file of another runtime."""

from importlib import import_module
from pathlib import Path

from sklearn.utils.validation import check_is_fitted

from skdigits._files import probe_file, write_bytes

# The suffix decides: the module, its function from a model to the content, and the options that
# this function takes.
WRITERS = {
    ".onnx": ("_onnx_file", "onnx_content", ("images", "normalizes_digits")),
    ".tflite": ("_litert_file", "litert_content", ("images", "quantize")),
    ".keras": ("_keras_file", "keras_content", ("images",)),
    ".html": ("_page", "page_content", ("images", "weights", "title")),
}


def export(model, path, *, images=None, quantize=None, weights=None, title=None):
    """Write a fitted classifier as a file of another runtime.

    The file is run before it is written, and must predict what the model predicts. An error leaves
    an earlier file as it was. A ".html" page is not run itself, but its rounded weights are.

    Parameters
    ----------
    model : fitted classifier
        A classifier of skdigits, or an estimator of scikit-learn around one, such as a Pipeline or
        a CalibratedClassifierCV. It needs `predict_proba`.

    path : str or path
        The file. Its suffix is the format:

        - ".onnx" for ONNX Runtime. It has the most: pipelines, averages, calibration, voting,
          stacking and searches. Needs the extra ``onnx``.
        - ".tflite" for LiteRT, on phones and small devices: networks, averages of them, and
          ImageReshaper and PixelScaler before them. Needs the extra ``litert``.
        - ".keras" for Keras: one network alone, in float32.
        - ".html" for browsers: one page to draw on, which classifies drawings and pictures and
          needs no server. It takes networks, averages of them, searches, calibration by
          temperature, and DigitNormalizer, ImageReshaper, PixelScaler, StandardScaler and
          MinMaxScaler before them. Needs the extra ``cli``.

    images : array-like of shape (n_images, ...), default=None
        Images to try the file with, as `model` takes them; of more than 1,000, the first 1,000.
        The input of the file has their shape and, for uint8, their dtype. None generates random
        images in the range of the training, in the shape (n, height, width) for grey ones. Give
        images for ``quantize="int8"``, and if the shape or the dtype of the input has to be
        another.

    quantize : {"float16", "int8"} or None, default=None
        How to make a ".tflite" file smaller. "float16" stores the weights in half of the size, and
        hardly changes the probabilities. "int8" stores them in a quarter of the size and calculates
        in whole numbers, which is faster on small devices; the probabilities become steps of 1/256.

    weights : {"float16", "float32"}, default=None
        How a ".html" page stores the weights. None means "float16": the page is half as large, and
        probabilities differ by up to 1e-3. Use "float32" for a difference of 1e-5 at most.

    title : str, default=None
        Heading of a ".html" page. None asks for a digit or, for other images, what it is.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    ValueError
        If the model cannot be written in this format, or the probabilities of the file differ from
        the model's by more than 0.001. The message says what to do.
    ImportError
        If an extra is not installed.
    FileNotFoundError
        If the folder does not exist.

    Warns
    -----
    UserWarning
        If probabilities differ by more than 1e-5, which only networks with large numbers in them
        reach, such as those of raw pixels without standardisation. If a quantised file gives more
        than half of a percent of the images another label.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import onnxruntime
    >>> import skdigits
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = skdigits.MLPClassifier(epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = skdigits.export(classifier, pathlib.Path(folder) / "digits.onnx")
    ...     session = onnxruntime.InferenceSession(path)
    >>> labels, probabilities = session.run(["label", "probabilities"], {"X": X[:3]})
    >>> np.allclose(probabilities, classifier.predict_proba(X[:3]), atol=1e-5)
    True
    """
    path = Path(path)
    options = {"images": images, "quantize": quantize, "weights": weights, "title": title}
    write_bytes(path, content_of(model, path, **options))
    return path


def content_of(model, path, **options):
    """Return the bytes of the file that `export` writes; raise its errors.

    Parameters
    ----------
    model, path
        As `export` takes them.
    **options
        As `export` takes them; those that are None are not given.
        For ".onnx" also `normalizes_digits`, as `onnx_content` takes it.
    """
    if not hasattr(model, "get_params") or isinstance(model, type):
        raise ValueError(
            "export takes a fitted classifier of skdigits, or an estimator of scikit-learn around "
            f"one. Got {model!r:.60} instead; give the classifier itself, not its model_."
        )
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise ValueError(
            f"The suffix decides the format, one of {', '.join(WRITERS)}; got {path.name!r}."
        )
    module, function, taken = WRITERS[suffix]
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in taken:
            raise ValueError(f"The option {name!r} is not for files of the format {suffix}.")
    check_is_fitted(model)
    if not hasattr(model, "predict_proba"):
        raise ValueError(
            f"{type(model).__name__} has no predict_proba; only classifiers with probabilities "
            "can be written."
        )
    probe_file(path)
    make = getattr(import_module(f"skdigits.formats.{module}"), function)
    return make(model, path, **given)
