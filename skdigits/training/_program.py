"""A compiled Keras model with the graphs that train, evaluate and apply it."""

import numpy as np

from skdigits._tensorflow import check_process, context, keras, neutral_keras, tf
from skdigits.training._augmentation import make_augmenter
from skdigits.training._initial import can_start_again, initial_values
from skdigits.training._scikeras import compile_model
from skdigits.training._update import apply_gradients

PREDICT_ROWS = 1024  # rows of one call of the prediction graph: bounds its memory
# Several images are filled up to a multiple of this, so that none depends on its place: matrix
# products round the rows that are left over another way (seen with AVX2).
ROWS_TOGETHER = 8


class Program:
    """A compiled model and its traced graphs, for one training at a time.

    The graphs run many steps a call over data that stays in memory, so that Python and Keras's
    per-batch machinery cost nothing. Batches are gathered and converted to float by the step:
    uint8 pixels stay uint8. The batch dimension is dynamic, so one trace serves every batch size.

    Parameters
    ----------
    spec : skdigits.training._spec.NetworkSpec
    """

    def __init__(self, spec):
        self.spec = spec
        options = {} if isinstance(spec.schedule, str) else {"learning_rate": spec.schedule}
        if spec.weight_decay is not None and isinstance(spec.optimizer, str):
            options["weight_decay"] = spec.weight_decay
        self.model = compile_model(
            spec.build,
            spec.input_shape,
            spec.n_classes,
            spec.options,
            optimizer=_copy_optimizer(spec.optimizer, options),
            optimizer_options=options,
            loss=spec.loss,
        )
        self.augmenter = make_augmenter(spec.augmentation, spec.input_shape)
        self.optimizer = self.model.optimizer
        if "weight_decay" in options:
            others = [v for v in self.model.trainable_variables if v.name != "kernel"]
            self.optimizer.exclude_from_weight_decay(var_list=others)
        self.optimizer.build(self.model.trainable_variables)
        self.sets_rate = spec.schedule == "one_cycle"
        self.key = None  # the pool's
        self.lent_out = False  # once others hold the model, it cannot serve a second estimator
        models = [self.model, self.augmenter] if self.augmenter else [self.model]
        # What a network that was built from another one keeps of it when it starts.
        self._body = {
            id(weight): weight.value.numpy()
            for layer in (self.model.layers[:-1] if "body" in spec.options else [])
            for weight in layer.weights
        }
        self.can_start_again = all(can_start_again(model) for model in models)
        self._optimizer_start = [tf.constant(v.value.numpy()) for v in self.optimizer.variables]
        variables = [*self.model.variables, *self.optimizer.variables]
        if self.augmenter:
            variables += self.augmenter.variables
        self._variables = [variable.value for variable in variables]
        self._one_hot = not str(_name(spec.loss)).startswith(("sparse_", "Sparse"))
        self._loss_takes_logits = _is_cross_entropy(spec.loss)
        self._graphs = {}

    def start(self, seed, mean, variance):
        """Begin anew: weights from `seed`, the optimizer as new, the input's mean and variance.

        The body of another network stays as it was, its own mean and variance included.
        """
        values = initial_values(self.model, seed) | self._body
        if not self._body:
            standardize = self.model.get_layer("standardize")
            values[id(standardize.moving_mean)] = mean
            values[id(standardize.moving_variance)] = variance
        state = [values[id(variable)] for variable in self.model.variables]
        state += self._optimizer_start
        if self.augmenter:
            own = np.random.SeedSequence(seed.entropy, spawn_key=(1,))
            values = initial_values(self.augmenter, own)
            state += [values[id(variable)] for variable in self.augmenter.variables]
        self.set_state(state)

    def set_learning_rate(self, rate):
        """Set the optimizer's learning rate, unless it follows a Keras schedule."""
        schedules = keras.optimizers.schedules.LearningRateSchedule
        if not isinstance(self.optimizer._learning_rate, schedules):
            self.optimizer.learning_rate = rate

    def get_state(self):
        """Return all variables' values as tensors: the model's, the optimizer's, augmentation's."""
        check_process()
        read = tf.raw_ops.ReadVariableOp  # without the Python of a variable's methods
        return [read(resource=v.handle, dtype=v.dtype) for v in self._variables]

    def set_state(self, state):
        """Set all variables from `get_state`'s list, or from the same as arrays."""
        check_process()
        for variable, value in zip(self._variables, state, strict=True):
            tensor = tf.convert_to_tensor(value, variable.dtype)
            tf.raw_ops.AssignVariableOp(resource=variable.handle, value=tensor)

    def train(self, data, order, batch_size, rates, *, output_only=False):
        """Take one step for each batch of `order`.

        Parameters
        ----------
        data : Data
        order : ndarray of int32
            Rows to train on, in this order.
        batch_size : int
        rates : ndarray of float32
            Learning rate of each step; empty for a program that does not set it.
        output_only : bool
            Whether to train the output layer only.

        Returns
        -------
        loss, correct : float
            Summed over the rows.
        """
        graph = self._graph("train_output" if output_only else "train", data.images.dtype)
        loss, correct = graph(*data, order, np.int32(batch_size), rates)
        return float(loss), float(correct)

    def evaluate(self, data, rows):
        """Return the loss and the number of correct predictions, summed over `rows`."""
        graph = self._graph("evaluate", data.images.dtype)
        loss, correct = graph(*data, rows, np.int32(PREDICT_ROWS))
        return float(loss), float(correct)

    def predict(self, images):
        """Return the outputs for an array of images, as float32."""
        graph = self._graph("predict", tf.as_dtype(images.dtype))

        def outputs(rows):
            # For one image the network itself takes less time than calling a graph by its public
            # way, and than handing its operations, which form a chain, from thread to thread.
            with context.function_executor_type("SINGLE_THREADED_EXECUTOR"):
                return graph._call_flat([tf.constant(rows)], graph.captured_inputs).numpy()

        n_images = len(images)
        if n_images > 1 and n_images % ROWS_TOGETHER:
            rest = np.zeros((-n_images % ROWS_TOGETHER, *images.shape[1:]), images.dtype)
            images = np.concatenate([images, rest])
        if len(images) <= PREDICT_ROWS:
            return outputs(images)[:n_images]
        starts = range(0, len(images), PREDICT_ROWS)
        parts = [outputs(images[start : start + PREDICT_ROWS]) for start in starts]
        return np.concatenate(parts)[:n_images]

    def score_gradient(self, images, code):
        """Return the gradient of the score of class `code` with respect to the pixels.

        The score is the output layer's sum, before its activation.
        """
        graph = self._graph("score_gradient", tf.as_dtype(images.dtype))
        return graph(images, np.int32(code)).numpy()

    def _graph(self, name, dtype):
        """Return a graph for images of `dtype`, traced at its first use."""
        check_process()
        if (name, dtype) in self._graphs:
            return self._graphs[name, dtype]
        images = tf.TensorSpec([None, *self.spec.input_shape], dtype)
        whole, number = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
        real = tf.TensorSpec([None], tf.float32)
        function, signature = {
            "train": (self._train, [images, whole, real, whole, number, real]),
            "train_output": (self._train_output, [images, whole, real, whole, number, real]),
            "evaluate": (self._evaluate, [images, whole, real, whole, number]),
            "predict": (self._predict, [images]),
            "score_gradient": (self._score_gradient, [images, number]),
        }[name]
        graph = tf.function(function, input_signature=signature, autograph=False)
        with neutral_keras():
            self._graphs[name, dtype] = graph.get_concrete_function()
        return self._graphs[name, dtype]

    def _train(self, images, labels, weights, order, batch_size, rates):
        data = images, labels, weights, order, batch_size
        return self._steps(self.model.trainable_variables, data, rates, training=True)

    def _train_output(self, images, labels, weights, order, batch_size, rates):
        """Train the output layer on what the layers before it give in prediction."""
        data = images, labels, weights, order, batch_size
        variables = self.model.layers[-1].trainable_variables
        return self._steps(variables, data, rates, training=False)

    def _steps(self, variables, data, rates, training):
        def step(number, batch):
            if self.sets_rate:
                self.optimizer.learning_rate.assign(rates[number])
            images = self.augmenter(batch[0], training=True) if self.augmenter else batch[0]
            outputs = self.model(images, training=training)
            loss, correct = self._score(outputs, *batch[1:])
            gradients = tf.gradients(loss, [variable.value for variable in variables])
            apply_gradients(self.optimizer, gradients, variables)
            return loss, correct

        return _loop(step, *data)

    def _evaluate(self, images, labels, weights, rows, batch_size):
        def step(number, batch):
            return self._score(self.model(batch[0], training=False), *batch[1:])

        return _loop(step, images, labels, weights, rows, batch_size)

    def _predict(self, images):
        outputs = self.model(tf.cast(images, tf.float32), training=False)
        if outputs.op.type == "Softmax" or self._logits(outputs) is None:
            return outputs
        return tf.nn.softmax(self._logits(outputs))

    def _logits(self, outputs):
        """Return what the probabilities are the softmax of; None where they are the outputs.

        Keras's categorical cross-entropy trains sigmoids by the softmax of their logits. So do
        the predictions then: sigmoids that saturate would be ties.
        """
        if outputs.op.type == "Softmax":
            return outputs.op.inputs[0]
        return getattr(outputs, "_keras_logits", None) if self._loss_takes_logits else None

    def _score_gradient(self, images, code):
        pixels, output = tf.cast(images, tf.float32), self.model.layers[-1]
        hidden = keras.Model(self.model.inputs, output.input)(pixels, training=False)
        scores = tf.linalg.matmul(tf.cast(hidden, tf.float32), output.kernel) + output.bias
        return tf.gradients(scores[:, code], pixels)[0]

    def _score(self, outputs, labels, weights):
        """Return Keras's loss of a batch, and how many rows it gets right."""
        targets = tf.one_hot(labels, self.spec.n_classes) if self._one_hot else labels
        loss = self.model.compute_loss(y=targets, y_pred=outputs, sample_weight=weights)
        logits = self._logits(outputs)  # in the same order, without the work of the softmax
        scores = outputs if logits is None else logits
        right = tf.equal(tf.argmax(scores, -1, output_type=tf.int32), labels)
        return loss, tf.reduce_sum(tf.cast(right, tf.float32))


def _loop(step, images, labels, weights, rows, batch_size):
    """Run `step` for each batch of `rows` and sum its losses (by row) and its hits."""
    n_rows = tf.shape(rows)[0]

    def body(number, loss_sum, correct_sum):
        chosen = rows[number * batch_size : (number + 1) * batch_size]
        pixels = tf.cast(tf.gather(images, chosen), tf.float32)
        batch = pixels, tf.gather(labels, chosen), tf.gather(weights, chosen)
        loss, correct = step(number, batch)
        loss_sum += loss * tf.cast(tf.shape(chosen)[0], tf.float32)
        return number + 1, loss_sum, correct_sum + correct

    def more(number, *sums):
        return number * batch_size < n_rows

    return tf.while_loop(more, body, (0, 0.0, 0.0), parallel_iterations=1)[1:]


def _is_cross_entropy(loss):
    """Return whether a loss is one of Keras's categorical cross-entropies, also as an object."""
    losses = keras.losses
    function = losses.get(loss)
    function = getattr(function, "fn", function)
    return function in (losses.categorical_crossentropy, losses.sparse_categorical_crossentropy)


def _name(loss):
    return getattr(loss, "__name__", None) or getattr(loss, "name", None) or loss


def _copy_optimizer(optimizer, options):
    """Each model needs an optimizer of its own: a Keras optimizer belongs to one model."""
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return type(optimizer).from_config({**optimizer.get_config(), **options})
    return optimizer
