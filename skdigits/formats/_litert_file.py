"""The content of a LiteRT file: a network with what is around it, as built-in operations."""

import logging
import re
import tempfile
from contextlib import contextmanager

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skdigits._base import ImageClassifier
from skdigits._log_lines import LOG_LINE, without_log_lines
from skdigits._nested import held_by
from skdigits._tensorflow import neutral_keras, tf
from skdigits._warnings import without_warnings
from skdigits.ensemble import AveragingClassifier
from skdigits.formats._agreement import (
    MOST_IMAGES,
    check_origin,
    check_probabilities,
    expected,
    warn_of_quantisation,
)
from skdigits.formats._describe import describe_input
from skdigits.formats._probe import probe
from skdigits.preprocessing import ImageReshaper, PixelScaler
from skdigits.training._probabilities import loss_traits, probabilities

SIGNATURE = "serving_default"
# What the converter and the interpreter write to the error output.
_LINES = re.compile(
    LOG_LINE.pattern + rb"|(?:fully_quantize: |INFO: Created |loc\(|error: )[^\n]*\n"
)


def litert_content(model, path, images=None, quantize=None):
    """Return the bytes of the file.

    Parameters
    ----------
    model : fitted classifier
    path : Path
        For messages.
    images, quantize
        As `export` takes them.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ImportError(
            'To write LiteRT files, install the extra "litert": pip install "skdigits[litert]"'
        ) from error
    _check_quantize(quantize, images)
    tried = probe(model, images).images
    if tried.dtype == np.float64:
        raise ValueError(
            "LiteRT calculates in float32, which cannot tell the values of these columns apart. "
            "Subtract a constant from the columns before fit, or write .onnx."
        )
    tried = tried[:MOST_IMAGES]
    if quantize == "int8" and (tried == tried[:1]).all():
        raise ValueError(
            "quantize='int8' needs several images like those of the training, since they tell the "
            "range of each layer's numbers. All of these are the same."
        )
    # It may take models of the pool, whose users wait for Keras's settings: so it comes first.
    function = _function(model)
    with neutral_keras(), _log_settings_kept(), without_log_lines(_LINES), without_warnings():
        content = _convert(function, tried, quantize, path)
        found = _run(Interpreter(model_content=content), tried)
    if quantize == "int8":
        wanted = model.predict_proba(tried)  # with its warning of another scale
    else:
        wanted, _ = expected(model, tried)
    if quantize is None:
        check_probabilities(found, wanted, path)
    else:
        warn_of_quantisation(found, wanted, quantize, path)
    return content


@contextmanager
def _log_settings_kept():
    """Keep TensorFlow from calling `logging.basicConfig`, which would make the caller's do nothing.

    It does so before its first line if the root logger has no handler.
    """
    handler = logging.NullHandler()
    logging.root.addHandler(handler)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)


def _check_quantize(quantize, images):
    if quantize not in (None, "float16", "int8"):
        raise ValueError(f"quantize must be None, 'float16' or 'int8'; got {quantize!r}.")
    if quantize == "int8" and images is None:
        raise ValueError(
            "quantize='int8' needs images, which tell the range of each layer's numbers: "
            "export(model, path, quantize='int8', images=X[:500])."
        )


def _function(model):
    """Return a function from a tensor of images to the tensor that a fitted estimator gives."""
    if hasattr(model, "best_estimator_"):
        return _function(model.best_estimator_)
    match model:
        case FrozenEstimator():
            return _function(model.estimator)
        case Pipeline():
            return _chain([_function(step) for step in held_by(model)])
        case ImageReshaper():
            return lambda x: tf.reshape(x, [-1, *model.image_shape_])
        case PixelScaler():
            low, width = np.float32(model.data_min_), np.float32(model._range())
            return lambda x: (tf.cast(x, tf.float32) - low) / width
        case AveragingClassifier():
            return _mean([_function(member) for member in model.estimators_])
        case ImageClassifier():
            return _network(model)
    raise ValueError(
        f"{type(model).__name__} cannot be written as .tflite: only networks, averages of them, "
        "ImageReshaper and PixelScaler. Write .onnx, or a part of the model."
    )


def _chain(functions):
    def call(x):
        for function in functions:
            x = function(x)
        return x

    return call


def _mean(functions):
    return lambda x: tf.add_n([function(x) for function in functions]) / len(functions)


def _network(classifier):
    """Return the function of a network, with its weights as constants.

    With variables, the converter would write operations that only some programs run.
    """
    check_origin(classifier, ".tflite")
    network = classifier._network
    network = network.copy() if network.is_suspended else network
    model, traits = network.model, loss_traits(network.spec.loss)
    weights = [
        [tf.convert_to_tensor(variable).numpy() for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    ]
    views = describe_input(classifier).views

    def call(images):
        constants = [[tf.constant(value) for value in values] for values in weights]
        outputs, _ = model.stateless_call(*constants, images, training=False)
        found = probabilities(outputs, traits)
        total = tf.reduce_sum(found, axis=1, keepdims=True)
        uniform = tf.ones_like(found) / len(classifier.classes_)
        return tf.where(total > 0, found / tf.where(total > 0, total, 1.0), uniform)

    def call_all(x):
        images = tf.reshape(tf.cast(x, tf.float32), [-1, *classifier.image_shape_])
        if not views:
            return call(images)
        moved = [tf.gather(tf.gather(images, v.rows, axis=1), v.columns, axis=2) for v in views]
        return tf.add_n([call(view) for view in moved]) / len(views)

    return call_all


def _convert(function, images, quantize, path):
    """Return the content of the file for a function of a tensor."""
    dtype = tf.as_dtype(images.dtype)
    signature = tf.TensorSpec([None, *images.shape[1:]], dtype, name="X")

    @tf.function(input_signature=[signature], autograph=False)
    def predict(X):
        return {"probabilities": function(X)}

    module = tf.Module()
    module.predict = predict
    with tempfile.TemporaryDirectory() as folder:
        try:
            tf.saved_model.save(module, folder, signatures={SIGNATURE: predict})
        except tf.errors.OpError as error:  # of the file system
            raise OSError(
                f"{path.name} was not written: {error.message}, for a temporary file"
            ) from error
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SIGNATURE])
        if quantize is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if quantize == "int8":
            converter.representative_dataset = lambda: ({"X": each[None]} for each in images)
        try:
            return converter.convert()
        except Exception as error:  # its errors have no common class
            raise ValueError(
                f"{path.name} was not written: the network needs operations that LiteRT has not "
                "built in. Write .onnx instead."
            ) from error


def _run(interpreter, images):
    """Return the probabilities of images."""
    return interpreter.get_signature_runner(SIGNATURE)(X=images)["probabilities"]
