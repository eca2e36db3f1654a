"""Import TensorFlow and Keras: quietly, and with settings that suit worker processes.

All other modules write ``from skdigits._tensorflow import keras, tf``. ``import skdigits`` does not
import this module; the first ``fit`` does.
"""

import gc
import os
import random
import threading
from collections import defaultdict
from contextlib import contextmanager, suppress

from skdigits._log_lines import without_log_lines
from skdigits._private_names import swap_numbers_of_names, tensorflow_runs

# Of a process. More are slow if workers share the cores (docs/performance.md).
MOST_THREADS = 4

OTHER_BACKENDS = ("torch", "jax", "openvino")  # of Keras; their modules have the same names

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextmanager
def _no_garbage_collection():
    """Collect no garbage while many objects are made that stay: each collection would visit all."""
    collects_garbage = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects_garbage:
            gc.enable()


def _import_quietly():
    """Import TensorFlow and Keras without their banners, and restore the environment."""
    before = os.environ.get(_LOG_LEVEL)
    os.environ.setdefault(_LOG_LEVEL, "3")  # TensorFlow reads it once, when it loads
    try:
        with without_log_lines(), _no_garbage_collection():
            keras = _import_keras()
            # Not before: beside TensorFlow, the import of PyTorch may end the process.
            import tensorflow
    finally:
        if before is None:
            os.environ.pop(_LOG_LEVEL, None)
    return keras, tensorflow


def _import_keras():
    """Import Keras, which imports its backend; refuse any but TensorFlow."""
    try:
        import keras

        backend = keras.backend.backend()
    except ModuleNotFoundError as error:
        if error.name not in OTHER_BACKENDS:
            raise
        backend = error.name
    if backend != "tensorflow":
        raise ImportError(
            f"skdigits trains with Keras on TensorFlow, but Keras uses the backend {backend!r}; "
            "set KERAS_BACKEND to 'tensorflow' before Keras is imported, or unset it and see what "
            "keras.json says."
        )
    return keras


def _fix_number_of_threads():
    """Give TensorFlow the same numbers of threads in every process of this machine.

    TensorFlow splits its sums into as many parts as it has threads for one operation. So this
    number decides the last digits of a fit; the number of cores does not. By default TensorFlow has
    one thread for each core that the process may use. Two workers that share the cores would then
    differ from their parent. If the caller has set a number by TensorFlow's own means, it stays. If
    TensorFlow runs already, nothing changes.
    """
    # All cores of the machine, not only those that this process may use.
    n_threads = min(os.cpu_count() or 1, MOST_THREADS)
    # Two operations run at a time, each with half of the threads: those of the halves of a batch.
    numbers = {"intra": max(n_threads // 2, 1), "inter": n_threads}
    for kind, number in numbers.items():
        in_environment = os.environ.get(f"TF_NUM_{kind.upper()}OP_THREADS")
        in_process = getattr(tf.config.threading, f"get_{kind}_op_parallelism_threads")()
        if not in_environment and not in_process:
            with suppress(RuntimeError):
                getattr(tf.config.threading, f"set_{kind}_op_parallelism_threads")(number)


@contextmanager
def neutral_keras():
    """Work with Keras's default settings, and restore the caller's settings at the end.

    Keras takes dtypes and the order of channels from global settings. It draws a seed from Python's
    random generator for each initializer and dropout layer, and numbers names through the whole
    process. Here the numbers begin anew, so that equal networks have equal names: for each new name
    of a variable, TensorFlow keeps some memory until the process ends. Keras's many new objects
    would start a garbage collection, which takes a fifth of a second after TensorFlow is imported.
    So garbage collection is off during the work.
    """
    with _settings_lock:
        settings = {
            keras.config.set_floatx: keras.config.floatx(),
            keras.config.set_dtype_policy: keras.config.dtype_policy(),
            keras.config.set_image_data_format: keras.config.image_data_format(),
        }
        random_state = random.getstate()
        numbers = swap_numbers_of_names(defaultdict(int))
        try:
            keras.config.set_floatx("float32")
            keras.config.set_dtype_policy("float32")
            keras.config.set_image_data_format("channels_last")
            with _no_garbage_collection():
                yield
        finally:
            for restore, value in settings.items():
                restore(value)
            swap_numbers_of_names(numbers)
            random.setstate(random_state)


def check_scope():
    """Raise RuntimeError in a scope that spreads new variables over several devices."""
    if tf.distribute.has_strategy():
        raise RuntimeError(
            "skdigits trains each network on one device; use classifiers outside of "
            "'with strategy.scope()' of tf.distribute."
        )


def check_process():
    """Raise if TensorFlow cannot run here.

    Its threads do not survive a fork, so the first operation would wait forever. And without eager
    execution, operations would only be added to the caller's graph.

    Raises
    ------
    RuntimeError
        If the process was forked from one that ran TensorFlow, or if eager execution is off.
    """
    if _forked_while_running:
        raise RuntimeError(
            "This process was forked after TensorFlow had started, and would hang. Use joblib's "
            "'loky' or 'threading' backend, or multiprocessing's 'spawn' start method."
        )
    if not tf.executing_eagerly():
        raise RuntimeError(
            "skdigits needs TensorFlow's eager execution, which is off here. Do not call "
            "tf.compat.v1.disable_eager_execution() or disable_v2_behavior(), and use classifiers "
            "outside of 'with tf.Graph().as_default()' and of functions with @tf.function."
        )


def _mark_fork():
    global _forked_while_running
    _forked_while_running = tensorflow_runs()


keras, tf = _import_quietly()

_fix_number_of_threads()
_forked_while_running = False
_settings_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_mark_fork)
