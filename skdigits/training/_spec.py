"""Descriptions of networks, and when two of them are equal."""

import copy
import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdigits import _processor, networks
from skdigits._tensorflow import check_process, keras, neutral_keras
from skdigits.networks._copy import takes_images
from skdigits.training._checks import CROSS_ENTROPY, check_parameters, is_name, loss_of
from skdigits.training._comparable import UnknownError, describe, freeze, freeze_with_types
from skdigits.training._dropout import without_rates
from skdigits.training._optimizer import copy_optimizer

# The options of a network that count if its body comes from another one.
TRANSFER_OPTIONS = ("output_activation", "kernel_initializer")
# The parameters of an estimator that determine fields and options of other names.
PARAMETERS = {"body": "transfer_from", "dtype": "precision", "schedule": "learning_rate_schedule"}


@dataclass(frozen=True)
class NetworkSpec:
    """All that determines a compiled model: a model can replace another with an equal spec.

    Attributes
    ----------
    build : callable
        ``build(input_shape, n_classes, **options)`` gives a Keras model.
    input_shape : tuple of int
    n_classes : int
    options : dict
        Further arguments of `build`.
    augmentation : None, str, keras.Layer or tuple of these
        What changes the images in training.
    optimizer : str or keras.optimizers.Optimizer
    weight_decay : float or None
        Weight decay of kernels for an optimizer given by name; None keeps Keras's default.
    loss : str or keras.losses.Loss
    schedule : str or keras.optimizers.schedules.LearningRateSchedule
        "constant" leaves the learning rate to the optimizer. With "one_cycle" the training sets it
        at each step. A Keras schedule becomes part of the optimizer.
    body : Network, keras.Model or None
        The trained network whose layers and weights the network begins with. `build` is then
        :func:`skdigits.networks.build_from`.
    """

    build: Any
    input_shape: tuple
    n_classes: int
    options: dict = field(default_factory=dict)
    augmentation: Any = None
    optimizer: Any = "adam"
    weight_decay: Any = None
    loss: Any = CROSS_ENTROPY
    schedule: Any = "constant"
    body: Any = None

    @classmethod
    def of(cls, parameters):
        """Describe the network of a training.

        Parameters
        ----------
        parameters : TrainingParameters

        Returns
        -------
        NetworkSpec
            It holds copies of the user's objects, since the user may change them.

        Raises
        ------
        ValueError, TypeError
            If Keras does not know a name or does not take an object. The message names the
            parameter.
        """
        check_process()
        # It may take a model of the pool, whose users wait for Keras's settings: so it comes first.
        body = model_of(parameters.body)
        with neutral_keras():
            check_parameters(parameters)
            build, options = _build_and_options(parameters, body)
            return cls(
                build=build,
                input_shape=parameters.input_shape,
                n_classes=parameters.n_classes,
                options={name: _own(value) for name, value in options.items()},
                augmentation=_augmentation(parameters),
                optimizer=_own_optimizer(parameters.optimizer),
                weight_decay=parameters.weight_decay,
                loss=_own(loss_of(parameters)),
                schedule=_own(parameters.learning_rate_schedule),
                body=parameters.body,
            )

    @property
    def is_transferred(self):
        """Whether all layers but the output layer come from a trained network."""
        return self.build is networks.build_from

    @property
    def standardizes(self):
        """Whether the network standardises its input by the training data."""
        return not self.is_transferred and bool(self.options.get("standardize", True))

    @property
    def build_options(self):
        """All arguments of `build` beside the shape and the number of classes."""
        return self.options if self.body is None else {**self.options, "body": model_of(self.body)}

    @property
    def sets_rate(self):
        """Whether the training sets the learning rate at each step."""
        return is_name(self.schedule, "one_cycle")

    @property
    def may_smooth_labels(self):
        """Whether the training may smooth the labels at each step, as it does for "auto"."""
        return self.sets_rate and is_name(self.loss, CROSS_ENTROPY)

    @property
    def shares_dropout(self):
        """Whether models of this spec may replace each other with other dropout rates."""
        return self.build in (networks.build_mlp, networks.build_cnn)

    def key(self):
        """Return a hashable value for specs that may share a model; None if that is unknown.

        It is the same for equal specs, and for those that differ in their dropout rates only.
        """
        options = self.options
        if self.shares_dropout:
            options = {**options, "dropout": without_rates(options["dropout"])}
        of_users = options.get("build_options")  # a function may take 1.0 otherwise than 1
        try:
            return freeze({**vars(self), "options": options}), freeze_with_types(of_users)
        except UnknownError:
            return None

    def differences(self, other):
        """Return the names of the parameters in which another spec differs."""
        if self.build is not other.build:  # then their options differ too
            return ["transfer_from"]
        mine, others = ({**vars(spec), **spec.options} for spec in (self, other))
        changed = [name for name in mine if name != "options" and _differ(mine[name], others[name])]
        return [PARAMETERS.get(name, name) for name in changed]


def _build_and_options(parameters, body):
    """Return the function that builds the network, and its options with the dtype.

    `body` is the Keras model of `parameters.body`.
    """
    dtype = dtype_policy(parameters.precision, parameters.may_convolve)
    if body is None:
        return parameters.build, {**parameters.build_options, "dtype": dtype}
    _check_body(parameters, body)
    given = parameters.build_options
    options = {name: given[name] for name in TRANSFER_OPTIONS if name in given}
    return networks.build_from, {"dtype": dtype, **options}


def dtype_policy(precision, is_cnn_on_images):
    """Return Keras's dtype policy for a `precision` parameter.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16"}
        "auto" is bfloat16 for convolutions on a processor that has bfloat16 arithmetic, and float32
        otherwise (docs/performance.md has the measurements).

    is_cnn_on_images : bool
        Whether the network spends most of its time on convolutions.

    Returns
    -------
    str
        "float32" or "mixed_bfloat16" (weights stay float32).

    Raises
    ------
    ValueError
        If bfloat16 is asked for by name, and would end the process.
    """
    if precision == "auto":
        helps = is_cnn_on_images and _processor.has_bfloat16()
        precision = "bfloat16" if helps else "float32"
    if precision == "bfloat16" and _processor.bfloat16_ends_the_process():
        variable, limit = _processor.onednn_limit()
        raise ValueError(
            f"precision='bfloat16' cannot be used: the environment variable {variable} limits "
            f"oneDNN to {limit}, which has no bfloat16. Unset it before Python starts, or set "
            "precision='auto'."
        )
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


def model_of(body):
    """Return the Keras model of a `Network`; other objects are returned as they are."""
    return body.model if hasattr(body, "lend_model") else body


def _check_body(parameters, body):
    shape = parameters.input_shape
    name = f"The 'transfer_from' parameter of {parameters.owner}"
    if not isinstance(body, keras.Model) or not getattr(body, "inputs", None):
        raise TypeError(
            f"{name} must be a fitted classifier of skdigits or a functional or sequential Keras "
            f"model with weights. Got {body!r} instead."
        )
    if not takes_images(body, tuple(shape)):
        shapes = [tuple(each.shape[1:]) for each in body.inputs]
        raise ValueError(
            f"{name} takes images of shape {', '.join(map(str, shapes))}, and X has images of "
            f"shape {tuple(shape)}."
        )


def _augmentation(parameters):
    """Return what changes the images in training; "auto" is None for columns."""
    if is_name(parameters.augmentation, "auto"):
        return "shift" if len(parameters.input_shape) > 1 else None
    return _own(parameters.augmentation)


def _own_optimizer(optimizer):
    return optimizer if isinstance(optimizer, str) else copy_optimizer(optimizer)


def _own(value):
    """Copy a parameter, so that it does not change when the user's object does."""
    if isinstance(value, np.ndarray):
        return tuple(value.tolist())
    if isinstance(value, list | tuple):
        items = [_own(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict):  # options of a function of the user's, which gets its own objects
        return copy.deepcopy(value, {id(each): each for each in value.values() if _is_object(each)})
    if isinstance(value, keras.losses.Loss | keras.initializers.Identity):
        return _own_by_attributes(value)  # the configuration of some lacks arguments
    if hasattr(value, "get_config") and not isinstance(value, type):
        return type(value).from_config(value.get_config())
    return value


def _own_by_attributes(value):
    copied = object.__new__(type(value))
    vars(copied).update({name: _copied(item) for name, item in vars(value).items()})
    return copied


def _copied(attribute):
    """Copy numbers that a user may change in place; code of the user's may need their types."""
    if isinstance(attribute, np.ndarray):
        return attribute.copy()
    if type(attribute) in (list, tuple):
        return type(attribute)(map(_copied, attribute))
    if type(attribute) is dict:
        return {name: _copied(item) for name, item in attribute.items()}
    return _own_by_attributes(attribute) if isinstance(attribute, keras.losses.Loss) else attribute


def _is_object(value):
    return not isinstance(value, list | tuple | dict | set)


def _differ(one, other):
    if isinstance(model_of(one), keras.Model) and isinstance(model_of(other), keras.Model):
        pairs = itertools.zip_longest(model_of(one).get_weights(), model_of(other).get_weights())
        return one is not other and not all(np.array_equal(*pair) for pair in pairs)
    try:
        return freeze(one) != freeze(other)
    except UnknownError:
        return describe(one) != describe(other)
