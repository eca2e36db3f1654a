"""The content of a .keras file: the network alone, in float32."""

import tempfile
from pathlib import Path

import numpy as np

from skdigits._base import ImageClassifier
from skdigits._private_names import layers_in
from skdigits._tensorflow import keras, neutral_keras
from skdigits._warnings import without_warnings
from skdigits.formats._agreement import MOST_IMAGES, check_origin, check_probabilities
from skdigits.formats._probe import probe
from skdigits.networks._copy import copy_network


def keras_content(model, path, images=None):
    """Return the bytes of the file.

    Parameters
    ----------
    model : fitted classifier
    path : Path
        For messages.
    images : array-like, default=None
        As `export` takes them.
    """
    while hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    _check(model, path)
    tried = probe(model, images).images[:MOST_IMAGES]
    with without_warnings():
        pixels = model._validate_images(tried).astype(np.float32)
    # It may be a model of the pool, whose users wait for Keras's settings: so it comes first.
    network = model.model_
    with neutral_keras(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        own = {type(layer).__name__: type(layer) for layer in layers_in(network)}
        try:
            copy_network(network).save(file)  # a copy has no optimizer
            loaded = keras.models.load_model(file, own, compile=False, safe_mode=False)
        except OSError as error:
            raise OSError(f"{path.name} was not written: {error}, for a temporary file") from error
        except Exception as error:  # the user's layers may raise any error
            raise ValueError(
                f"{path.name} was not written: Keras cannot make a layer of the network again from "
                f"its get_config(): {error}"
            ) from error
        check_probabilities(_outputs(loaded, pixels), _outputs(network, pixels), path)
        return file.read_bytes()


def _outputs(network, pixels):
    return np.asarray(network(pixels, training=False))


def _check(model, path):
    """Raise where Keras would not load the file, or the network alone predict something else."""
    if path.suffix != ".keras":
        raise ValueError(f"Keras reads only files whose suffix is .keras; got {path.name!r}.")
    if not isinstance(model, ImageClassifier):
        raise ValueError(
            f"A .keras file holds one network alone, and not what is around it in "
            f"{type(model).__name__}. Write .onnx, or the network by itself, such as pipeline[-1]; "
            "images then need the steps before it."
        )
    if model.test_time_averaging:
        raise ValueError(
            "A .keras file holds the network alone, without the average over views. Write .onnx, "
            "or set test_time_averaging=False before."
        )
    check_origin(model, ".keras")
