"""Train on the two halves of each batch side by side.

TensorFlow computes independent operations of a graph at the same time, each on a core. That takes
less time than to split every single operation (docs/performance.md).
"""

from skdigits._private_names import layers_in
from skdigits._tensorflow import keras, tf

LEAST_BATCH = 64  # images of a batch that is halved; smaller halves gain little
LEAST_LAST = 4  # the same for the last batch of an epoch: one image has no variance

ACTIVATIONS = ("activation", "recurrent_activation")


def least_last(batch_size):
    """Return the images of a last batch that needs no graph call of its own."""
    return LEAST_LAST if batch_size >= LEAST_BATCH else 2


def are_halved(batch_size, n_images):
    """Tell whether to halve each batch of `n_images`, unless the network cannot be halved."""
    smallest = n_images % batch_size or batch_size
    return batch_size >= LEAST_BATCH and smallest >= LEAST_LAST


def can_be_halved(model):
    """Tell whether a model gives the halves of a batch what it gives the batch.

    Layers and activations of the user's own, single operations, and layers along the axis of the
    images may compare the images of a batch. A second call forgets the losses that layers added in
    the first, and normalises a kernel by its spectrum again. Batch normalisation takes the mean and
    variance of each half; with ``renorm`` it keeps more averages than `averages_of` returns. A GPU
    is faster with whole batches.
    """
    if tf.config.list_physical_devices("GPU"):
        return False
    layers = [model, *layers_in(model)]
    operations = [each for layer in layers for each in getattr(layer, "operations", ())]
    return all(_is_by_image(each) for each in (*layers, *operations))


def _is_by_image(operation):
    return (
        isinstance(operation, keras.Layer)
        and is_of_keras(type(operation))
        and not isinstance(operation, keras.layers.Lambda | keras.layers.SpectralNormalization)
        and operation.activity_regularizer is None
        and not getattr(operation, "synchronized", False)
        and not getattr(operation, "renorm", False)
        and not getattr(operation, "stateful", False)
        and 0 not in tf.nest.flatten(getattr(operation, "axis", None))
        and all(is_of_keras(getattr(operation, name, None)) for name in ACTIVATIONS)
    )


def is_of_keras(thing):
    """Tell whether a class, a function or an object of a class is Keras's or ours, or None."""
    return thing is None or str(getattr(thing, "__module__", "")).startswith(
        ("keras.", "skdigits.")
    )


def in_halves(call, images, averages):
    """Return what `call` gives for images, from one call for each half.

    Each call moves variables that are averages over batches, from where the batch found them. They
    end between both, as if the call had seen the whole batch.
    """
    n_images = tf.shape(images)[0]
    n_first = (n_images + 1) // 2
    share = n_first / n_images
    half, other_half = tf.split(images, [n_first, n_images - n_first])
    before = [tf.convert_to_tensor(average) for average in averages]
    first = call(half)
    after = [tf.convert_to_tensor(average) for average in averages]
    for average, value in zip(averages, before, strict=True):
        average.assign(value)
    second = call(other_half)
    for average, value in zip(averages, after, strict=True):
        moved = tf.cast(share, average.dtype) * (value - average)
        average.assign_add(moved)  # exact where nothing has moved
    return _joined([first, second])


def _joined(halves):
    """Return the outputs for both halves as those for the whole batch.

    Keras's losses look behind a softmax and sigmoids for the logits: an output that is rounded to 0
    has no gradient.
    """
    types = {outputs.op.type for outputs in halves}
    for activation in (keras.activations.softmax, keras.activations.sigmoid):
        if types == {activation.__name__.capitalize()}:
            return activation(tf.concat([outputs.op.inputs[0] for outputs in halves], axis=0))
    return tf.concat(halves, axis=0)
