"""Decide what a probability is, given a loss and the outputs of a network.

Training, evaluation and prediction all use this module, so that they agree.
"""

import functools
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from skdigits._private_names import layers_in, logits_behind
from skdigits._tensorflow import keras, tf


@dataclass(frozen=True)
class LossTraits:
    """The properties of a loss that decide what the probabilities are.

    Attributes
    ----------
    takes_numbers : bool
        Whether it takes labels as numbers. Other losses take one-hot rows.
    takes_logits : bool
        Whether it takes outputs of any sign (``from_logits=True``). Their softmax gives the
        probabilities, or for a binary loss their sigmoids.
    is_binary : bool
        Whether it looks at each output alone, as Keras's binary cross-entropies do.
    looks_behind_activations : bool
        Whether it replaces sigmoids by the softmax of their inputs, as Keras's categorical
        cross-entropies do.
    """

    takes_numbers: bool
    takes_logits: bool
    is_binary: bool
    looks_behind_activations: bool


def loss_traits(loss):
    """Return the properties of a loss, by its type.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
        A function or object that is not from Keras takes one-hot rows. A loss takes logits if it
        has a true attribute or setting ``from_logits``.

    Returns
    -------
    LossTraits
    """
    losses = keras.losses
    loss, settings = losses.get(loss), {}
    if isinstance(loss, losses.Loss):
        settings = loss.get_config()
    while isinstance(loss, functools.partial):
        settings = {**loss.keywords, **settings}
        loss = loss.func
    function = getattr(loss, "fn", loss)
    sparse = function is losses.sparse_categorical_crossentropy or isinstance(
        loss, losses.SparseCategoricalCrossentropy
    )
    categorical = function is losses.categorical_crossentropy or isinstance(
        loss, losses.CategoricalCrossentropy
    )
    return LossTraits(
        takes_numbers=sparse or isinstance(loss, losses.CategoricalGeneralizedCrossEntropy),
        takes_logits=bool(getattr(loss, "from_logits", settings.get("from_logits", False))),
        is_binary=function in (losses.binary_crossentropy, losses.binary_focal_crossentropy)
        or isinstance(loss, losses.BinaryCrossentropy | losses.BinaryFocalCrossentropy),
        looks_behind_activations=sparse or categorical,
    )


def logits_of(outputs, traits):
    """Return the logits, whose softmax are the probabilities; None if the outputs are these.

    Parameters
    ----------
    outputs : tensor of a graph
        Outputs of a network's last layer.
    traits : LossTraits

    Returns
    -------
    tensor or None
        For an output activation "softmax", its input. For sigmoids, what Keras's categorical
        cross-entropies use instead: sigmoids that saturate would be ties.
    """
    if outputs.op.type == "Softmax":
        return outputs.op.inputs[0]
    behind = logits_behind(outputs)
    if behind is not None:  # then no loss of Keras's treats the outputs as logits
        return behind if traits.looks_behind_activations else None
    return outputs if traits.takes_logits and not traits.is_binary else None


def as_loss_takes(outputs, traits):
    """Return the outputs for the loss.

    Keras's binary cross-entropies look behind a softmax, too, and would train the sigmoids of what
    they find there. The probabilities are the softmax, so they get it without what is behind.
    """
    hides = traits.is_binary and not traits.takes_logits and outputs.op.type == "Softmax"
    return tf.identity(outputs) if hides else outputs


def sums_of(outputs):
    """Return the input of a softmax or of sigmoids; return other outputs as they are."""
    return outputs.op.inputs[0] if outputs.op.type in ("Softmax", "Sigmoid") else outputs


def probabilities(outputs, traits):
    """Return the outputs, or the softmax of their logits; rows need not sum to one."""
    logits = logits_of(outputs, traits)
    if logits is None:
        return _sigmoids(outputs, traits)
    return outputs if outputs.op.type == "Softmax" else tf.nn.softmax(logits)


def logarithms(outputs, traits):
    """Return the logarithms of the probabilities, each row up to a constant."""
    logits = logits_of(outputs, traits)
    if logits is not None:
        return logits
    outputs = _sigmoids(outputs, traits)
    if outputs.op.type == "Sigmoid":
        return tf.math.log_sigmoid(outputs.op.inputs[0])
    return tf.math.log(outputs)


def scores(outputs, traits):
    """Return numbers in the order of the probabilities, without computing a softmax."""
    logits = logits_of(outputs, traits)
    return _sigmoids(outputs, traits) if logits is None else logits


def _sigmoids(outputs, traits):
    """Return the sigmoids of the logits that a binary loss takes; other outputs as they are."""
    are_logits = traits.takes_logits and traits.is_binary and logits_behind(outputs) is None
    return tf.sigmoid(outputs) if are_logits else outputs


def normalized(outputs):
    """Divide each row of an array by its sum, as float64; rows of zeros become uniform.

    Raises
    ------
    ValueError
        If outputs are not finite.
    """
    outputs = outputs.astype(np.float64)
    totals = outputs.sum(axis=1, keepdims=True)
    if not np.isfinite(totals).all():
        raise ValueError(
            "The network's outputs are not finite: its weights, or the values of X, are too large. "
            "Train with a lower learning_rate, or give X the scale of the training data."
        )
    if (outputs < 0).any():
        raise ValueError(
            "The network's outputs are negative, so they are no probabilities. End the network "
            "with activation='softmax', or train with a loss that has from_logits=True."
        )
    if not totals.all():
        outputs[totals[:, 0] == 0] = 1
        totals = outputs.sum(axis=1, keepdims=True)
    return outputs / totals


def log_normalized(logarithms):
    """Return logarithms of probabilities as float64, so that the probabilities sum to one."""
    logarithms = logarithms.astype(np.float64)
    with np.errstate(invalid="ignore"):  # in rows of zeros, whose probabilities are not small
        return logarithms - logsumexp(logarithms, axis=1, keepdims=True)


def may_be_negative(activation, n_classes):
    """Tell whether an output activation may give negative values, by trying many inputs.

    Parameters
    ----------
    activation : str or callable
        As Keras takes it.
    n_classes : int

    Returns
    -------
    bool
        Also False if the function cannot be called outside of a network.
    """
    if isinstance(activation, str):
        return _may_be_negative(activation, min(n_classes, 10))
    if isinstance(activation, keras.Layer):  # do not build the user's own layer
        activation = type(activation).from_config(activation.get_config())
    return _may_be_negative.__wrapped__(activation, n_classes)


@functools.cache  # the same names come often
def _may_be_negative(activation, n_classes):
    function = keras.activations.get(activation)
    sizes = np.repeat([0.3, 2.0, 20.0], 32)[:, np.newaxis]
    sums = sizes * np.random.default_rng(0).standard_normal((len(sizes), n_classes))
    try:
        values = np.asarray(function(tf.constant(sums, tf.float32)))
    except Exception:  # a user's function may raise any error
        return False
    return bool((values < 0).any())


def refuse_wrong_outputs(model, traits, loss):
    """Raise if outputs depend on other images, or are negative and the loss takes no logits.

    Parameters
    ----------
    model : keras.Model
        Just built. It is called on noise of several sizes.
    traits : LossTraits
    loss : str, callable or keras.losses.Loss
        For the message.

    Raises
    ------
    ValueError
    """
    stateful = [layer.name for layer in layers_in(model) if getattr(layer, "stateful", False)]
    if stateful:
        raise ValueError(
            f"The layer {stateful[0]!r} keeps a state from batch to batch, so what the network "
            f"{model.name!r} says of an image depends on other images. Make it with stateful=False."
        )
    noise = np.random.default_rng(0).standard_normal((8, *model.input_shape[1:]))
    sizes = np.repeat([0.3, 20.0], 4).reshape(-1, *[1] * (noise.ndim - 1))
    images = tf.constant(sizes * noise, tf.float32)
    try:
        outputs, alone = (np.asarray(model(each, training=False)) for each in (images, images[:1]))
    except Exception:  # layers may want other numbers, such as those of an embedding
        return
    # Rounding explains less, in bfloat16 too.
    differs = np.abs(outputs[0] - alone[0]).max() > 0.05 * np.abs(alone[0]).max()
    # Layers that are always random differ, too, but from call to call.
    if differs and np.array_equal(outputs, model(images, training=False), equal_nan=True):
        raise ValueError(
            f"What the network {model.name!r} says of an image depends on the other images of the "
            "batch. Let its layers compute each image by itself: a softmax over the last axis, and "
            "means without the first axis."
        )
    if (outputs < 0).any() and not traits.takes_logits:
        raise ValueError(
            f"The outputs of the network {model.name!r} may be negative, so they are not "
            f"probabilities, and the loss {loss!r} does not take logits. End the network with "
            "activation='softmax', or give a loss with from_logits=True, such as "
            "keras.losses.CategoricalCrossentropy(from_logits=True)."
        )
