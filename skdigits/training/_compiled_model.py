"""A compiled Keras model: build it from its spec, and set it to the start of a training."""

import hashlib
import json
import re
import warnings

import numpy as np

from skdigits._private_names import config_of, creation_number, layers_in
from skdigits._tensorflow import keras, neutral_keras
from skdigits.networks._copy import copy_network
from skdigits.networks._layers import STANDARDIZE
from skdigits.training._augmentation import make_augmenter
from skdigits.training._checks import is_name
from skdigits.training._dropout import DropoutRates
from skdigits.training._graphs import Graphs
from skdigits.training._initial import InitialValues
from skdigits.training._muon import Muon, hidden_kernels
from skdigits.training._optimizer import (
    StartingState,
    copy_optimizer,
    learning_rates,
    set_learning_rates,
)
from skdigits.training._probabilities import loss_traits, refuse_wrong_outputs
from skdigits.training._scikeras import compile_model
from skdigits.training._steps import Steps
from skdigits.training._variables import Variables


class CompiledModel:
    """A compiled Keras model and what trains it, for one training at a time.

    Parameters
    ----------
    spec : skdigits.training._spec.NetworkSpec

    Attributes
    ----------
    spec : NetworkSpec
    model : keras.Model
    optimizer : keras.optimizers.Optimizer
    augmenter : keras.Model or None
        What changes the images of a training step.
    variables : Variables
        The values of all variables of the model, the optimizer and the augmenter.
    graphs : Graphs
        They train, measure and predict.
    architecture : str or None
        Equal for equal networks of a function of the user's; None where it cannot be known.
    key, condition, lent_out
        For the pool, see `skdigits.training._model_pool`.
    """

    def __init__(self, spec):
        self.spec = spec
        begun = creation_number(keras.Variable(0.0))
        self.model = _compile(spec)
        _refuse_older_weights(self.model, begun)
        self.optimizer = self.model.optimizer
        self.augmenter = make_augmenter(spec.augmentation, spec.input_shape)
        traits = loss_traits(spec.loss)
        if "output_activation" not in spec.options:  # else it was checked before building
            refuse_wrong_outputs(self.model, traits, spec.loss)
        self._initial = InitialValues(self.model, begun)
        self._augmenter_initial = InitialValues(self.augmenter, begun) if self.augmenter else None
        self._optimizer_start = StartingState(self.optimizer, self.model.trainable_variables)
        self.variables = Variables(self.model, self.optimizer, self.augmenter)
        self._dropout_rates = DropoutRates(self.model) if spec.shares_dropout else None
        steps = Steps(self.model, self.augmenter, traits, spec, self._dropout_rates)
        self.graphs = Graphs(steps, spec.input_shape)
        self.architecture = architecture(self.model) if "build" in spec.options else None
        self.key = self.condition = None
        self.lent_out = False  # whether others have seen the model

    def take_over(self, spec):
        """Work for a spec of the same key, which may have other dropout rates."""
        self.spec = spec
        if self._dropout_rates:
            self._dropout_rates.set(spec.options["dropout"])

    @property
    def can_start_again(self):
        """Whether `start` gives every weight the value that a new model would have."""
        initial = [self._initial, self._augmenter_initial]
        return all(each.are_all_known for each in initial if each)

    def start(self, seed, mean, variance):
        """Begin anew: draw weights from `seed`, reset the optimizer, set mean and variance.

        The body of a transferred network keeps its weights, its mean and its variance.
        """
        values = self._initial.draw(seed)
        if standardize := self._standardize():
            values[id(standardize.moving_mean)] = mean
            values[id(standardize.moving_variance)] = variance
        state = [values[id(variable)] for variable in self.model.variables]
        state += self._optimizer_start.values(values)
        if self._augmenter_initial:
            own = np.random.SeedSequence(seed.entropy, spawn_key=(1,))
            values = self._augmenter_initial.draw(own)
            state += [values[id(variable)] for variable in self.augmenter.variables]
        self.variables.set(state)

    def standardize(self, mean, variance):
        """Set the input's mean and variance; a transferred network keeps its own."""
        if layer := self._standardize():
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)

    def _standardize(self):
        """Return the layer that standardises the input by the training data, if there is one."""
        if not self.spec.standardizes:
            return None
        kind = keras.layers.BatchNormalization
        layers = [layer for layer in self.model.layers if layer.name == STANDARDIZE]
        return next((layer for layer in layers if isinstance(layer, kind)), None)

    @property
    def learning_rates(self):
        """The learning rate of each part of the optimizer; None for one with a schedule."""
        return learning_rates(self.optimizer)

    def set_learning_rates(self, rates):
        """Set the optimizer's learning rates, see `skdigits.training._optimizer`."""
        set_learning_rates(self.optimizer, rates)

    def finalize(self):
        """Let the optimizer set its final weights, such as averages."""
        self.optimizer.finalize_variable_values(self.model.trainable_variables)

    def copy_model(self):
        """Return a copy of the model that works in float32, compiled in the same way."""
        with neutral_keras():
            model = copy_network(self.model)
            model(keras.Input(self.spec.input_shape))  # Keras exports only called models
            optimizer = _public_copy(self.optimizer)
            model.compile(optimizer=optimizer, loss=self.spec.loss, metrics=["accuracy"])
            optimizer.build(model.trainable_variables)
        return model


def _public_copy(optimizer):
    """Copy an optimizer for a model that leaves: our own one becomes Keras's Adam."""
    if isinstance(optimizer, Muon):
        return keras.optimizers.Adam.from_config(config_of(optimizer))
    return copy_optimizer(optimizer)


def architecture(model):
    """Return a text that is equal for equal networks; None if a layer is not Keras's."""
    layers = layers_in(model)
    if not all(type(layer).__module__.startswith("keras.") for layer in layers):
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # of Keras, about functions of the user's
            config = model.get_config()
        text = re.sub(r'_\d+(?=")', "", json.dumps(config))  # numbers of names
        return hashlib.sha256(text.encode()).hexdigest()
    except Exception:  # a layer that cannot tell its configuration
        return None


def _refuse_older_weights(model, begun):
    """Raise if weights to train were made before the model: others use them, too."""
    older = [each for each in model.trainable_variables if creation_number(each) < begun]
    if older:
        raise ValueError(
            f"The network has weights to train that were made before it, such as {older[0].path!r}:"
            " each fit needs weights of its own. Create the layers in the function 'build'. To "
            "begin from a network that has learned, use transfer_from, or set its layers to "
            "trainable=False."
        )


def _compile(spec):
    """Return the Keras model of a spec, with its optimizer built."""
    is_named, is_auto = isinstance(spec.optimizer, str), is_name(spec.optimizer, "auto")
    has_schedule = is_named and not isinstance(spec.schedule, str)
    options = {"learning_rate": spec.schedule} if has_schedule else {}
    decays = is_named and spec.weight_decay is not None
    if decays:
        options["weight_decay"] = spec.weight_decay
    model = compile_model(
        spec.build,
        spec.input_shape,
        spec.n_classes,
        spec.build_options,
        optimizer="adam" if is_auto else _new_optimizer(spec),
        optimizer_options=options,
        loss=spec.loss,
    )
    if is_auto:  # after compiling, so that a saved model has Keras's Adam
        model.optimizer = Muon.from_config(config_of(model.optimizer))
        model.optimizer.kernels = hidden_kernels(model)
    if decays:
        others = [v for v in model.trainable_variables if not v.name.endswith("kernel")]
        model.optimizer.exclude_from_weight_decay(var_list=others)
    model.optimizer.build(model.trainable_variables)
    return model


def _new_optimizer(spec):
    """Return the optimizer to compile with: a name, or a new object for this model."""
    if isinstance(spec.optimizer, str):
        return spec.optimizer
    optimizer = copy_optimizer(spec.optimizer)
    if not isinstance(spec.schedule, str):
        optimizer.learning_rate = spec.schedule
    return optimizer
