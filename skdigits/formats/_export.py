"""Write a fitted classifier as a file of another runtime."""

from importlib import import_module
from pathlib import Path

from sklearn.utils.validation import check_is_fitted

from skdigits._files import write_bytes

# The suffix decides: the module, its function from a model to the content, and the options that
# this function takes.
WRITERS = {
    ".onnx": ("_onnx_file", "onnx_content", ("images",)),
    ".tflite": ("_litert_file", "litert_content", ("images", "quantize")),
    ".keras": ("_keras_file", "keras_content", ("images",)),
}


def export(model, path, *, images=None, quantize=None, weights=None, title=None):
    """Write a fitted classifier as a file of another runtime.

    The file is run before it is written, on `images` or on generated ones.

    Parameters
    ----------
    model : fitted classifier
        An estimator of skdigits, or a pipeline or another estimator of scikit-learn that holds one.

    path : str or path
        Its suffix is the format: ".onnx".

    Returns
    -------
    path : Path
        The file.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise ValueError(
            f"The suffix decides the format, one of {', '.join(WRITERS)}; got {path.name!r}."
        )
    module, function, taken = WRITERS[suffix]
    given = {"images": images, "quantize": quantize, "weights": weights, "title": title}
    given = {name: value for name, value in given.items() if value is not None}
    for name in given:
        if name not in taken:
            raise ValueError(f"The option {name!r} is not for files of the format {suffix}.")
    check_is_fitted(model)
    if not hasattr(model, "predict_proba"):
        raise ValueError(
            f"{type(model).__name__} has no predict_proba; only classifiers with probabilities "
            "can be written."
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write {path.name} to.")
    make = getattr(import_module(f"skdigits.formats.{module}"), function)
    write_bytes(path, make(model, path, **given))
    return path
