"""Traced graphs of a compiled model: to train, measure, predict and explain."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from skdigits._memory_mapped import release
from skdigits._private_names import run_graph
from skdigits._tensorflow import check_process, neutral_keras, tf
from skdigits.training._halves import are_halved, can_be_halved
from skdigits.training._probabilities import log_normalized, normalized

EVALUATE_ROWS = 1024  # rows that the graph measures at a time, to limit its memory
PREDICT_ROWS = 256  # rows of one call of the prediction graph
PREDICT_THREADS = 2  # calls of the prediction graph at the same time, each on a core
# The number of images is filled up to a multiple of this, so that a prediction does not depend on
# the place of an image: matrix products round the last few rows differently (seen with AVX2).
ROW_MULTIPLE = 8

INFERENCE = ("evaluate", "predict", "logarithms")  # graphs that give the network's outputs


class Graphs:
    """Graphs that are traced at their first use.

    Parameters
    ----------
    steps : Steps
    input_shape : tuple of int
        Shape of one image.
    """

    def __init__(self, steps, input_shape):
        self._steps = steps
        self._input_shape = input_shape
        self._traced = {}
        self._can_be_halved = can_be_halved(steps.model)
        self._executor: str | None = "SINGLE_THREADED_EXECUTOR"  # of predictions

    def train(
        self,
        data,
        order,
        batch_size,
        rates,
        smoothing,
        *,
        output_only=False,
        fixed_averages=False,
    ):
        """Take one step for each batch of `order`.

        Parameters
        ----------
        data : Data
        order : ndarray of int32
            Rows to train on, in this order.
        batch_size : int
        rates : ndarray of float32
            Learning rate of each step, or empty to leave the rate as it is.
        smoothing : ndarray of float32
            Label smoothing of each step.
        output_only : bool
            Whether to train the output layer only.
        fixed_averages : bool
            Whether batch normalisation uses its averages, as in prediction, and does not learn.

        Returns
        -------
        loss, correct : float
            Sums over the rows.
        finite : bool
            Whether all weights are finite numbers.
        """
        name = "train_output" if output_only else "train"
        if name == "train" and fixed_averages and self._steps.has_averages:
            name = "train_with_fixed_averages"
        halves = self._can_be_halved and are_halved(batch_size, len(order))
        graph = self._graph(name, data.images.dtype, halves=halves)
        loss, correct, finite = graph(*data, order, np.int32(batch_size), rates, smoothing)
        return float(loss), float(correct), bool(finite)

    def evaluate(self, data, rows):
        """Return the sums of the weighted losses and of the weights of correct predictions."""
        graph = self._graph("evaluate", data.images.dtype)
        loss, correct = graph(*data, rows, np.int32(EVALUATE_ROWS))
        return float(loss), float(correct)

    def predict(self, images, *, of_many=False):
        """Return the probabilities for an array of images, as float64; each row sums to one.

        Parameters
        ----------
        images : ndarray of shape (n_images, *input_shape)
        of_many : bool
            Whether they are a part of the images of a prediction, which begins at a multiple of
            `PREDICT_ROWS`.
        """
        return normalized(self._of_parts("predict", images, of_many))

    def log_probabilities(self, images, *, of_many=False):
        """Return the logarithms of what `predict` returns, also where that is too small."""
        return log_normalized(self._of_parts("logarithms", images, of_many))

    def score_gradient(self, images, code):
        """Return the gradient of the score of class `code` with respect to the pixels.

        The score is the output layer's sum, before its activation.
        """
        graph = self._graph("score_gradient", tf.as_dtype(images.dtype))
        return graph(images, np.int32(code)).numpy()

    def _of_parts(self, name, images, of_many):
        """Return what a graph gives for images, a part of them at a time in each thread."""
        self._graph(name, tf.as_dtype(images.dtype))  # trace it once, before the threads
        fills = of_many or len(images) > 1

        def outputs_of(start):
            part = images[start : start + PREDICT_ROWS]
            found = self._outputs(name, _filled(part) if fills else part)[: len(part)]
            release(images)
            return found

        starts = range(0, len(images), PREDICT_ROWS)
        if len(starts) == 1:
            return outputs_of(0)
        with ThreadPoolExecutor(PREDICT_THREADS) as threads:
            return np.concatenate(list(threads.map(outputs_of, starts)))

    def _outputs(self, name, images):
        """Return what a graph gives for images, as an array."""
        graph = self._graph(name, tf.as_dtype(images.dtype))
        executor = self._executor
        try:
            return run_graph(graph, tf.constant(images), executor).numpy()
        except tf.errors.FailedPreconditionError:
            if executor is None:
                raise
        self._executor = None  # a single thread cannot run loops, as of recurrent layers
        return self._outputs(name, images)

    def _graph(self, name, dtype, **options):
        """Return a graph for images of `dtype`, with the options of its step."""
        check_process()
        key = name, dtype, *options.values()
        if key in self._traced:
            return self._traced[key]
        images = tf.TensorSpec([None, *self._input_shape], dtype)
        whole, number = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
        real = tf.TensorSpec([None], tf.float32)
        rows = [images, whole, real, whole, number]
        signatures = {
            "evaluate": rows,
            "predict": [images],
            "logarithms": [images],
            "score_gradient": [images, number],
        }
        step = getattr(self._steps, name)
        signature = signatures.get(name, [*rows, real, real])

        def function(*inputs):
            return step(*inputs, **options)

        graph = tf.function(function, input_signature=signature, autograph=False)
        with neutral_keras():
            if name in INFERENCE:
                self._steps.prepare_inference()
            self._traced[key] = graph.get_concrete_function()
        return self._traced[key]


def _filled(images):
    """Return images, filled up to a multiple of `ROW_MULTIPLE` with zeros."""
    rest = np.zeros((-len(images) % ROW_MULTIPLE, *images.shape[1:]), images.dtype)
    return np.concatenate([images, rest]) if len(rest) else images
