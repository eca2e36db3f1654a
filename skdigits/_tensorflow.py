"""The one place that imports TensorFlow and Keras: quietly, and fit for worker processes.

Every other module writes ``from skdigits._tensorflow import keras, tf``. ``import skdigits`` does
not import this module; the first ``fit`` does.
"""

import os

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def _import_quietly():
    """Import TensorFlow and Keras without their banners, leaving the environment as it was."""
    before = os.environ.get(_LOG_LEVEL)
    os.environ.setdefault(_LOG_LEVEL, "3")  # read once, when the library loads
    try:
        import tensorflow
        import keras  # isort: skip  (Keras warns when it comes before its backend)
    finally:
        if before is None:
            os.environ.pop(_LOG_LEVEL, None)
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"skdigits trains with Keras on TensorFlow, but Keras uses the backend "
            f"{keras.backend.backend()!r}; unset KERAS_BACKEND, or set it to 'tensorflow', "
            "before Keras is imported."
        )
    return keras, tensorflow


def _respect_thread_limit():
    """Give TensorFlow as many threads as this process may use.

    joblib tells its worker processes their share of the cores in ``OMP_NUM_THREADS``, which
    TensorFlow does not read: two workers on two cores would run four threads. Where TensorFlow is
    already running, its threads are left as they are.
    """
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdigit() and int(limit) > 0:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(int(limit))
            tf.config.threading.set_inter_op_parallelism_threads(int(limit))
        except RuntimeError:
            pass


def check_process():
    """Raise if this process was forked from one that already ran TensorFlow.

    TensorFlow's threads do not survive a fork, so the first operation would wait forever.

    Raises
    ------
    RuntimeError
        In such a forked process.
    """
    if _forked_while_running:
        raise RuntimeError(
            "This process was forked after TensorFlow had started, and would hang. Use joblib's "
            "'loky' or 'threading' backend, or multiprocessing's 'spawn' start method."
        )


def _mark_fork():
    global _forked_while_running
    _forked_while_running = tf.__internal__.tf2.enabled() and _is_running()


def _is_running():
    from tensorflow.python.eager import context

    return context.context()._initialized


keras, tf = _import_quietly()
_respect_thread_limit()
_forked_while_running = False
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_mark_fork)
