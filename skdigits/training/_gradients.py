"""Gradients that are the same, bit for bit, on any number of threads.

That is on processors with AVX-512; on others TensorFlow also splits matrix products by threads.

TensorFlow's own gradients of a convolution's kernel and bias sum over the batch in as many parts
as there are threads, so that a fit would differ between one process on all cores and worker
processes on one core each. All its other operations that our networks use do not. The kernel's
gradient is written as matrix products here, whose sums TensorFlow never splits.
"""

from skdigits._tensorflow import tf

FEW_CHANNELS = 8

_OVERRIDES = {name: f"Skdigits{name}" for name in ("Conv2D", "BiasAdd")}


def repeatable_gradients():
    """Return a context in which traced operations get these gradients from ``tf.gradients``."""
    return tf.compat.v1.get_default_graph().gradient_override_map(_OVERRIDES)


@tf.RegisterGradient(_OVERRIDES["BiasAdd"])
def _bias_add(op, upstream):
    # The sum is that of what a pooling hands back: a quarter of the numbers.
    summed = upstream.op.inputs[2] if upstream.op.type == "MaxPoolGrad" else upstream
    return upstream, tf.reduce_sum(summed, list(range(summed.shape.rank - 1)))


@tf.RegisterGradient(_OVERRIDES["Conv2D"])
def _conv2d(op, upstream):
    images, kernel = op.inputs
    attributes = {name: op.get_attr(name) for name in ("strides", "dilations", "padding")}
    attributes["padding"] = attributes["padding"].decode()
    grad_images = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(images), filter=kernel, out_backprop=upstream, **attributes
    )
    if set(attributes["strides"]) | set(attributes["dilations"]) == {1}:
        return grad_images, _kernel_gradient(images, kernel.shape, upstream, attributes["padding"])
    return grad_images, tf.raw_ops.Conv2DBackpropFilter(
        input=images, filter_sizes=kernel.shape, out_backprop=upstream, **attributes
    )


def _kernel_gradient(images, kernel_shape, upstream, padding):
    """Sum, over all places, of a pixel under each kernel weight times the upstream gradient."""
    rows, columns, channels, filters = kernel_shape
    if padding == "SAME":
        above, left = (rows - 1) // 2, (columns - 1) // 2
        margins = [[0, 0], [above, rows - 1 - above], [left, columns - 1 - left], [0, 0]]
        images = tf.pad(images, margins)
    height, width = images.shape[1:3]
    out_height, out_width = upstream.shape[1:3]
    places = [(row, column) for row in range(rows) for column in range(columns)]
    if channels < FEW_CHANNELS:  # one product for all weights: a few rows each would be slow
        planes = tf.transpose(images, [3, 0, 1, 2])
        shifted = [planes[:, :, r : r + out_height, c : c + out_width] for r, c in places]
        pixels = tf.reshape(tf.concat(shifted, 0), [len(places) * channels, -1])
        product = tf.linalg.matmul(pixels, tf.reshape(upstream, [-1, filters]))
        return tf.reshape(product, kernel_shape)
    # With the upstream gradient padded by zeros to the images' size, a shift of the image is one
    # of the list of all pixels: a view, where cutting out each shifted image would copy it.
    margins = [[0, 0], [0, height - out_height], [0, width - out_width], [0, 0]]
    pixels = tf.reshape(images, [-1, channels])
    n_pixels = tf.shape(pixels)[0] - (rows - 1) * width - (columns - 1)
    upstream = tf.reshape(tf.pad(upstream, margins), [-1, filters])[:n_pixels]
    products = [
        tf.linalg.matmul(pixels[start : start + n_pixels], upstream, transpose_a=True)
        for start in [row * width + column for row, column in places]
    ]
    return tf.reshape(tf.stack(products), kernel_shape)
