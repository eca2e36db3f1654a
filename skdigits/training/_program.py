"""A compiled Keras model with the graphs that train, evaluate and apply it."""

import numpy as np

from skdigits._tensorflow import check_process, context, keras, neutral_keras, tf
from skdigits.networks import copy_network
from skdigits.training._augmentation import make_augmenter
from skdigits.training._initial import can_start_again, initial_values
from skdigits.training._optimizer import (
    StartingState,
    copy_optimizer,
    learning_rates,
    set_learning_rates,
)
from skdigits.training._probabilities import loss_traits, normalized
from skdigits.training._scikeras import compile_model
from skdigits.training._state import names_of_variables
from skdigits.training._steps import Steps, batch_normalizations, is_float32

PREDICT_ROWS = 1024  # rows of one call of the prediction graph: bounds its memory
# Several images are filled up to a multiple of this, so that none depends on its place: matrix
# products round the rows that are left over another way (seen with AVX2).
ROWS_TOGETHER = 8


class Program:
    """A compiled model and its traced graphs, for one training at a time.

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
            optimizer=_own_optimizer(spec),
            optimizer_options=options,
            loss=spec.loss,
        )
        self.augmenter = make_augmenter(spec.augmentation, spec.input_shape)
        self.optimizer = self.model.optimizer
        if "weight_decay" in options:
            others = [v for v in self.model.trainable_variables if v.name != "kernel"]
            self.optimizer.exclude_from_weight_decay(var_list=others)
        self.optimizer.build(self.model.trainable_variables)
        self._optimizer_start = StartingState(self.optimizer, self.model.trainable_variables)
        sets_rate = isinstance(spec.schedule, str) and spec.schedule == "one_cycle"
        self._steps = Steps(self.model, self.augmenter, loss_traits(spec.loss), sets_rate)
        self.is_float32 = is_float32(self.model)
        self._has_averages = bool(batch_normalizations(self.model))
        self.key = self.condition = None  # the pool's
        self.lent_out = False  # whether others have seen the model
        models = [self.model, self.augmenter] if self.augmenter else [self.model]
        # What a network that was built from another one keeps of it when it starts.
        self._body = {
            id(weight): weight.value.numpy()
            for layer in (self.model.layers[:-1] if "body" in spec.options else [])
            for weight in layer.weights
        }
        self.can_start_again = all(can_start_again(model) for model in models)
        variables = [*self.model.variables, *self.optimizer.variables]
        if self.augmenter:
            variables += self.augmenter.variables
        self._variables = [variable.value for variable in variables]
        self._executor: str | None = "SINGLE_THREADED_EXECUTOR"  # of predictions
        self.names = names_of_variables(self.model, self.optimizer, self.augmenter)
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
        state += self._optimizer_start.values(values)
        if self.augmenter:
            own = np.random.SeedSequence(seed.entropy, spawn_key=(1,))
            values = initial_values(self.augmenter, own)
            state += [values[id(variable)] for variable in self.augmenter.variables]
        self.set_state(state)

    @property
    def learning_rates(self):
        """The learning rate of each part of the optimizer; None for one with a schedule."""
        return learning_rates(self.optimizer)

    def standardize(self, mean, variance):
        """Set the input's mean and variance; the body of another network keeps its own."""
        if not self._body:
            layer = self.model.get_layer("standardize")
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)

    def set_learning_rates(self, rates):
        """Set the optimizer's learning rates, see `skdigits.training._optimizer`."""
        set_learning_rates(self.optimizer, rates)

    def finalize(self):
        """Have the optimizer set the weights that it ends a training with, such as averages."""
        self.optimizer.finalize_variable_values(self.model.trainable_variables)

    def copy_model(self):
        """Return a copy of the model that works in float32, compiled in the same way."""
        with neutral_keras():
            model = copy_network(self.model)
            model(keras.Input(self.spec.input_shape))  # Keras exports what was called before
            optimizer = copy_optimizer(self.optimizer)
            model.compile(optimizer=optimizer, loss=self.spec.loss)
            optimizer.build(model.trainable_variables)
        return model

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

    def train(self, data, order, batch_size, rates, *, output_only=False, fixed_averages=False):
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
        fixed_averages : bool
            Whether batch normalisation uses its averages, as in prediction, and does not learn.

        Returns
        -------
        loss, correct : float
            Summed over the rows.
        finite : bool
            Whether all weights are finite numbers.
        """
        name = "train_output" if output_only else "train"
        if name == "train" and fixed_averages and self._has_averages:
            name = "train_with_fixed_averages"
        graph = self._graph(name, data.images.dtype)
        loss, correct, finite = graph(*data, order, np.int32(batch_size), rates)
        return float(loss), float(correct), bool(finite)

    def evaluate(self, data, rows):
        """Return the loss and the number of correct predictions, summed over `rows`."""
        graph = self._graph("evaluate", data.images.dtype)
        loss, correct = graph(*data, rows, np.int32(PREDICT_ROWS))
        return float(loss), float(correct)

    def predict(self, images):
        """Return the probabilities for an array of images, as float64; each row sums to one."""
        n_images = len(images)
        if n_images > 1 and n_images % ROWS_TOGETHER:
            rest = np.zeros((-n_images % ROWS_TOGETHER, *images.shape[1:]), images.dtype)
            images = np.concatenate([images, rest])
        if len(images) <= PREDICT_ROWS:
            return normalized(self._outputs(images)[:n_images])
        starts = range(0, len(images), PREDICT_ROWS)
        parts = [self._outputs(images[start : start + PREDICT_ROWS]) for start in starts]
        return normalized(np.concatenate(parts)[:n_images])

    def _outputs(self, images):
        """Return what the network gives for images, as an array."""
        graph = self._graph("predict", tf.as_dtype(images.dtype))
        # For one image the network itself takes less time than calling a graph by its public
        # way, and than handing its operations, which form a chain, from thread to thread.
        try:
            with context.function_executor_type(self._executor):
                return graph._call_flat([tf.constant(images)], graph.captured_inputs).numpy()
        except tf.errors.FailedPreconditionError:
            if self._executor is None:
                raise
        self._executor = None  # the single thread runs no loops, as a recurrent layer has
        return self._outputs(images)

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
        rows = [images, whole, real, whole, number]
        signatures = {"evaluate": rows, "predict": [images], "score_gradient": [images, number]}
        function, signature = getattr(self._steps, name), signatures.get(name, [*rows, real])
        graph = tf.function(function, input_signature=signature, autograph=False)
        with neutral_keras():
            self._graphs[name, dtype] = graph.get_concrete_function()
        return self._graphs[name, dtype]


def _own_optimizer(spec):
    """Return what to compile with: a name, or an optimizer that no other model has."""
    if isinstance(spec.optimizer, str):
        return spec.optimizer
    optimizer = copy_optimizer(spec.optimizer)
    if not isinstance(spec.schedule, str):
        optimizer.learning_rate = spec.schedule
    return optimizer
