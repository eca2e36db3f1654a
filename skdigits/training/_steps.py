"""What the graphs do with a batch: a training step, a measurement, a prediction.

A graph runs many steps in one call, over data that stays in memory, so that calls from Python cost
little. Each step gathers its batch and converts it to float, so that uint8 pixels stay uint8 in
memory. The batch dimension is dynamic: one trace works for every batch size.
"""

from contextlib import contextmanager
from typing import Any

from skdigits._private_names import layers_in
from skdigits._tensorflow import keras, tf
from skdigits.networks._copy import copy_network
from skdigits.networks._layers import STANDARDIZE
from skdigits.training import _probabilities as p
from skdigits.training._batch_normalization import (
    averages_of,
    batch_normalizations,
    calls_of_one_operation,
    inference_mode,
)
from skdigits.training._halves import in_halves
from skdigits.training._layer_calls import replaced_calls
from skdigits.training._onednn import calls_by_onednn
from skdigits.training._optimizer import apply_gradients


class Steps:
    """The steps of one compiled model.

    Parameters
    ----------
    model : keras.Model
        Compiled, with its optimizer built.
    augmenter : keras.Model or None
        What changes the images of a training step.
    traits : LossTraits
        Properties of the loss that the model is compiled with.
    spec : NetworkSpec
        Tells whether to set the learning rate at each step, and whether steps may smooth labels.
    dropout_rates : DropoutRates or None
        The rates of layers of dropout; None leaves them to Keras.
    """

    def __init__(self, model, augmenter, traits, spec, dropout_rates):
        self.model, self.augmenter, self.traits = model, augmenter, traits
        self.spec = spec
        self._in_float32: Any = None
        dropout_calls = dropout_rates.calls if dropout_rates else []
        self._calls = [*dropout_calls, *calls_by_onednn(model)]

    @property
    def has_averages(self):
        """Whether the model has batch normalisation that learns its averages."""
        return bool(batch_normalizations(self.model))

    def train(self, *data_and_rates, halves):
        """Take one step for each batch: on its halves side by side, or on the whole of it.

        The inputs are the images, labels and weights, the rows to train on in their order, the
        batch size, and the learning rate and label smoothing of each step.
        """
        layers = batch_normalizations(self.model)
        with replaced_calls([*calls_of_one_operation(layers), *self._calls]):
            variables = self.model.trainable_variables
            return self._train(variables, data_and_rates, training=True, halves=halves)

    def train_with_fixed_averages(self, *data_and_rates, halves):
        """Take steps that normalise by the averages, as prediction does, and do not change them."""
        variables = self.model.trainable_variables
        averages = inference_mode(batch_normalizations(self.model))
        with averages, replaced_calls(self._calls):
            return self._train(variables, data_and_rates, training=True, halves=halves)

    def train_output(self, *data_and_rates, halves):
        """Train only the output layer; the layers before it work as in prediction."""
        variables = self.model.layers[-1].trainable_variables
        return self._train(variables, data_and_rates, training=False, halves=halves)

    def evaluate(self, images, labels, weights, rows, batch_size):
        """Return weighted sums of losses and hits over `rows`, half of them beside the others."""

        def step(number, batch):
            with self._inference() as (model, losses):
                loss, hits = self._measure(model(batch[0], training=False), *batch[1:])
                return loss + sum(map(tf.reduce_sum, losses)), tf.reduce_sum(batch[2] * hits)

        n_first = tf.shape(rows)[0] // 2
        halves = [
            _loop(step, images, labels, weights, half, batch_size)
            for half in (rows[:n_first], rows[n_first:])
        ]
        return [tf.add_n(sums) for sums in zip(*halves, strict=True)]

    def predict(self, images):
        """Return the probabilities of images; rows need not sum to one."""
        with self._inference() as (model, _):
            outputs = model(tf.cast(images, tf.float32), training=False)
        return p.probabilities(outputs, self.traits)

    def logarithms(self, images):
        """Return the logarithms of the probabilities of images, each row up to a constant."""
        with self._inference() as (model, _):
            outputs = model(tf.cast(images, tf.float32), training=False)
        return p.logarithms(outputs, self.traits)

    def score_gradient(self, images, code):
        """Return the gradient of a class's score: the output layer's sum before its activation."""
        pixels = tf.cast(images, tf.float32)
        sums = p.sums_of(self.model(pixels, training=False))
        return tf.gradients(sums[:, code], pixels)[0]

    @contextmanager
    def _inference(self):
        """Give the model that predicts, always in float32, and the losses that its layers add.

        So the classifier predicts what its `model_` predicts, on any processor. The list of losses
        is for those that Keras does not add: the layers of the copy add them to no model.
        """
        if self._in_float32 is None:
            yield self.model, []
            return
        pairs = zip(_variables(self._in_float32), _variables(self.model), strict=True)
        # With its own, too: the loss may have a term for each weight.
        values = [(each, own.value) for copied, own in pairs for each in (copied, own)]
        with keras.StatelessScope(values, collect_losses=True) as scope:
            yield self._in_float32, scope.losses

    def prepare_inference(self):
        """Copy the model's layers in float32, to call with the weights of the model, if needed.

        TensorFlow traces a graph twice if the first time makes variables, so this comes before.
        """
        if self._in_float32 is None and not is_float32(self.model):
            self._in_float32 = copy_network(self.model)

    def _train(self, variables, data_and_rates, training, halves):
        *data, rates, smoothing = data_and_rates
        optimizer = self.model.optimizer
        averages = averages_of(batch_normalizations(self.model))

        def augment(images):
            return self.augmenter(images, training=True) if self.augmenter else images

        def outputs_of(images):
            return self.model(images, training=training)

        def step(number, batch):
            if self.spec.sets_rate:
                optimizer.learning_rate.assign(tf.gather(rates, number))
            images = batch[0]
            outputs = in_halves(outputs_of, images, averages) if halves else outputs_of(images)
            loss, hits = self._measure(outputs, *batch[1:])
            sums, their_gradients = [optimizer.scale_loss(loss)], [None]
            logits = p.logits_of(outputs, self.traits) if self.spec.may_smooth_labels else None
            if logits is not None:  # outputs that are no softmax have labels as they are
                added = tf.gather(smoothing, number) * _gradient_of_smoothing(logits, *batch[1:])
                sums.append(logits)
                their_gradients.append(tf.cast(optimizer.scale_loss(added), logits.dtype))
            values = [variable.value for variable in variables]
            apply_gradients(optimizer, tf.gradients(sums, values, their_gradients), variables)
            return loss, tf.reduce_sum(hits)

        loss, correct = _loop(step, *data, change=augment)
        with tf.control_dependencies([loss, correct]):
            # Do not check the mean and variance of the input: they come from the data.
            layers = [layer for layer in self.model.layers if layer.name != STANDARDIZE]
            weights = [
                tf.convert_to_tensor(each.value) for layer in layers for each in layer.weights
            ]
        # Check the squares: weights whose squares overflow give outputs that are not finite.
        squares = [tf.nn.l2_loss(tf.cast(weight, tf.float32)) for weight in weights]
        return loss, correct, tf.reduce_all(tf.math.is_finite(squares))

    def _measure(self, outputs, labels, weights):
        """Return Keras's loss of a batch, and 1 for each correct prediction, 0 for each other."""
        numbers = self.traits.takes_numbers
        targets = labels if numbers else tf.one_hot(labels, outputs.shape[-1])
        try:
            taken = p.as_loss_takes(outputs, self.traits)
            loss = self.model.compute_loss(y=targets, y_pred=taken, sample_weight=weights)
        except Exception as error:
            given = "numbers" if numbers else "one-hot rows"
            error.add_note(f"It was raised by the 'loss' parameter, given labels as {given}.")
            raise
        best = tf.argmax(p.scores(outputs, self.traits), -1, output_type=tf.int32)
        return loss, tf.cast(tf.equal(best, labels), tf.float32)


def _variables(model):
    """Return the variables of a model, in the same order as those of a copy."""
    return [*model.trainable_variables, *model.non_trainable_variables]


def is_float32(model):
    """Tell whether all layers of a model compute in float32."""
    return all(layer.compute_dtype == "float32" for layer in layers_in(model))


def _gradient_of_smoothing(logits, labels, weights):
    """Return the gradient to the logits of how much smoothing the whole of each label costs.

    The cross-entropy grows by the mean, over the batch, of the label's logit less the mean of all.
    TensorFlow would make some hundred operations of the gradient of such a sum.
    """
    n_images, n_classes = tf.shape(logits)[0], logits.shape[-1]
    shares = tf.one_hot(labels, n_classes) - 1 / n_classes
    return weights[:, tf.newaxis] * shares / tf.cast(n_images, tf.float32)


def _loop(step, images, labels, weights, rows, batch_size, *, change=tf.identity):
    """Run `step` for each batch of `rows`; return the sums of the losses of rows, and of hits.

    The next batch is gathered, and its images changed, while a step computes its gradients.
    """
    n_rows = tf.shape(rows)[0]

    def batch_of(number):
        chosen = rows[number * batch_size : (number + 1) * batch_size]
        pixels = change(tf.cast(tf.gather(images, chosen), tf.float32))
        pixels = tf.ensure_shape(tf.cast(pixels, tf.float32), [None, *images.shape[1:]])
        return pixels, tf.gather(labels, chosen), tf.gather(weights, chosen)

    def more(number, *_):
        return number * batch_size < n_rows

    def body(number, batch, loss_sum, correct_sum):
        loss, correct = step(number, batch)
        loss_sum += tf.reduce_mean(loss) * tf.cast(tf.shape(batch[1])[0], tf.float32)
        with tf.control_dependencies([loss]):  # until then, both cores have enough to do
            goes_on = more(number + 1)
        # Without a condition, the last step would draw random numbers for a batch without images.
        following = tf.cond(goes_on, lambda: batch_of(number + 1), lambda: batch)
        return number + 1, following, loss_sum, correct_sum + correct

    begin = (0, batch_of(0), 0.0, 0.0)
    any_rows = [tf.TensorShape([None, *each.shape[1:]]) for each in (images, labels, weights)]
    shapes = (tf.TensorShape([]), tuple(any_rows), tf.TensorShape([]), tf.TensorShape([]))
    return tf.while_loop(more, body, begin, shapes, parallel_iterations=1)[2:]
