"""Layers of a training step by oneDNN's operations, on processors with AVX2 and nothing newer.

TensorFlow has oneDNN's operations on all x86 processors. With AVX2 it uses them only if the
environment says so before TensorFlow is imported. The gradient of its own pooling takes five times
as long (docs/performance.md). The operations can be added to a graph by name at any time. The model
keeps Keras's own layers. They compute in this way only while the graph of the training step is
traced.
"""

import functools

from skdigits import _processor
from skdigits._private_names import layers_in, onednn_operations
from skdigits._tensorflow import keras, tf

# Attributes that the operations have by default in TensorFlow.
_COMMON = {"data_format": "NHWC"}
_WINDOW = {**_COMMON, "explicit_paddings": []}


@functools.cache
def _operations():
    """Return what adds one of oneDNN's operations to a graph, or None where that is of no use."""
    if not _processor.gains_by_onednn() or tf.config.list_physical_devices("GPU"):
        return None
    return onednn_operations()


def calls_by_onednn(model):
    """Return pairs of a layer and its call, for `replaced_calls`, for convolutions and poolings."""
    if not _operations():
        return []
    makers = {keras.layers.Conv2D: _convolution, keras.layers.MaxPooling2D: _pooling}
    return [
        (layer, makers[type(layer)](layer))
        for layer in layers_in(model)
        if type(layer) in makers and _is_plain(layer)
    ]


def _is_plain(layer):
    """Tell whether a layer does nothing that the calls below leave out."""
    return (
        layer.compute_dtype == "float32"
        and layer.data_format == "channels_last"
        and getattr(layer, "groups", 1) == 1
        and not getattr(layer, "lora_enabled", False)
        and getattr(layer, "quantization_mode", None) is None
    )


def _convolution(layer):
    """Return the call of a layer of convolution."""
    down, across = layer.strides
    # oneDNN's gradient to a kernel of one pixel with strides writes beyond its memory (TensorFlow
    # 2.21). So the pixels are chosen before.
    chooses = layer.kernel_size == (1, 1)
    options = {
        **_WINDOW,
        "use_cudnn_on_gpu": True,
        "strides": [1, 1, 1, 1] if chooses else [1, down, across, 1],
        "padding": layer.padding.upper(),
        "dilations": [1, *layer.dilation_rate, 1],
    }
    biases = [layer.bias] if layer.use_bias else []
    operation = "_MklNativeConv2DWithBias" if layer.use_bias else "_MklNativeConv2D"

    @tf.custom_gradient
    def convolve(images, kernel, *bias):
        add = _operations()
        given = {"input": images, "filter": kernel, **dict(zip(["bias"], bias, strict=False))}
        sums = add(operation, **given, is_filter_const=False, **options)

        def gradient(change):
            given = {"input": images, "filter_sizes": tf.shape(kernel), "out_backprop": change}
            of_kernel = add("_MklNativeConv2DBackpropFilter", **given, **options)
            given = {"input_sizes": tf.shape(images), "filter": kernel, "out_backprop": change}
            # The optimizer begins with the last layers, while the first ones compute gradients.
            with tf.control_dependencies([of_kernel]):
                of_images = add("_MklNativeConv2DBackpropInput", **given, **options)
            of_bias = [tf.raw_ops.BiasAddGrad(out_backprop=change)] * len(bias)
            return of_images, of_kernel, *of_bias

        return sums, gradient

    def call(images):
        weights = [tf.convert_to_tensor(weight) for weight in (layer.kernel, *biases)]
        chosen = images[:, ::down, ::across] if chooses else images
        sums = convolve(chosen, *weights)
        sums.set_shape(layer.compute_output_shape(images.shape))
        return layer.activation(sums)

    return call


def _pooling(layer):
    """Return the call of a layer of max pooling."""
    options = {
        **_WINDOW,
        "ksize": [1, *layer.pool_size, 1],
        "strides": [1, *layer.strides, 1],
        "padding": layer.padding.upper(),
        "workspace_enabled": True,
    }

    @tf.custom_gradient
    def pool(images):
        add = _operations()
        largest, places = add("_MklNativeMaxPool", input=images, **options)
        largest.set_shape(layer.compute_output_shape(images.shape))

        def gradient(change):
            return add(
                "_MklNativeMaxPoolGrad",
                orig_input=images,
                orig_output=largest,
                grad=change,
                workspace=places,
                **options,
            )

        return largest, gradient

    return pool


def fused_batch_normalization(images, scale, offset, epsilon):
    """Normalise each channel over a batch of images, by oneDNN's operation if TensorFlow's is not.

    Parameters
    ----------
    images : tensor of shape (n_images, height, width, n_channels)
    scale, offset : tensors of shape (n_channels,), of float32
    epsilon : float

    Returns
    -------
    tuple of three tensors
        The normalised images, and the mean and the variance of each channel. The sum of squares is
        divided by one less than their number.
    """
    unused = tf.zeros([0])
    given = {"x": images, "scale": scale, "offset": offset, "mean": unused, "variance": unused}
    options = {**_COMMON, "epsilon": epsilon, "is_training": True}
    add = _operations()
    if not add or images.dtype != tf.float32:
        return tf.raw_ops.FusedBatchNormV3(**given, **options)[:3]
    whole = {**given, **options, "exponential_avg_factor": 1.0}
    outputs, mean, variance, *kept = add("_MklNativeFusedBatchNormV3", **whole)
    for tensor, like in ((outputs, images), (mean, scale), (variance, scale)):
        tensor.set_shape(like.shape)

    # Of the first output alone: of the others TensorFlow would make gradients of zeros.
    @tf.custom_gradient
    def normalized(images, scale, offset):
        def gradient(change):
            return add(
                "_MklNativeFusedBatchNormGradV3",
                y_backprop=change,
                x=images,
                scale=scale,
                **{f"reserve_space_{place}": each for place, each in enumerate(kept, 1)},
                **options,
            )[:3]

        return outputs, gradient

    return normalized(images, scale, offset), mean, variance
