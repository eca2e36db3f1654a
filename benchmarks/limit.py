"""How near a training step is to its limit: ``python -m benchmarks.limit``.

The convolutions of the default CNN, each alone, take the least time that a step can take with these
kernels: forward, and the gradients to the kernel and to the input (which the first layer does not
need). They are the operations that a step takes on this processor, for both halves of a batch side
by side, as in a step. A step of `fit` is measured beside them, once everything is built.
"""

import time
from functools import partial
from statistics import median
from typing import Annotated

import typer

BATCH, FILTERS, KERNEL, SIDE = 128, (16, 48, 96), 3, 28
HALF = BATCH // 2
CALLS, REPEATS = 50, 7


def main(
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16.")] = "auto",
    images: Annotated[int, typer.Option(min=BATCH, help="Images of a measured fit.")] = 25_600,
):
    """Print the milliseconds of each convolution, of all, and of a step, and the share."""
    from skdigits.training._spec import dtype_policy

    dtype = (
        "bfloat16" if "bfloat16" in dtype_policy(precision, is_cnn_on_images=True) else "float32"
    )
    total = 0.0
    for layer, (side, n_in, n_out) in enumerate(shapes(), start=1):
        found = {name: _milliseconds(*call) for name, call in calls(side, n_in, n_out, dtype)}
        texts = (f"{name} {milliseconds:.2f}" for name, milliseconds in found.items())
        print(f"convolution {layer}, {dtype}: {', '.join(texts)} ms", flush=True)
        total += sum(found.values())
    step = _step_of_fit(precision, images)
    print(f"convolutions {total:.2f} ms, a step {step:.2f} ms: the share is {total / step:.2f}")


def shapes():
    """Return (side of the images, channels before, channels after) of each convolution."""
    before = (1, *FILTERS[:-1])
    return [(SIDE // 2**n, *pair) for n, pair in enumerate(zip(before, FILTERS, strict=True))]


def calls(side, n_in, n_out, dtype):
    """Return the name, the operation and the tensors of each part of a convolution's step."""
    import tensorflow as tf

    def normal(*shape):
        return tf.cast(tf.random.normal(shape), dtype)

    convolve, change_kernel, change_input = operations()
    x, kernel = normal(HALF, side, side, n_in), normal(KERNEL, KERNEL, n_in, n_out)
    gradient = normal(HALF, side, side, n_out)

    def forward(x, kernel):
        return convolve(input=x, filter=kernel)

    def to_kernel(x, gradient):
        sizes = kernel.shape.as_list()
        return change_kernel(input=x, filter_sizes=sizes, out_backprop=gradient)

    def to_input(kernel, gradient):
        sizes = x.shape.as_list()
        return change_input(input_sizes=sizes, filter=kernel, out_backprop=gradient)

    yield "forward", (forward, x, kernel)
    yield "gradient to the kernel", (to_kernel, x, gradient)
    if n_in > 1:
        yield "to the input", (to_input, kernel, gradient)


def operations():
    """Return the operations of a convolution and of its gradients to the kernel and the input."""
    import tensorflow as tf

    from skdigits.training import _onednn

    names = ("Conv2D", "Conv2DBackpropFilter", "Conv2DBackpropInput")
    options = {"strides": [1, 1, 1, 1], "padding": "SAME"}
    add = _onednn._operations()
    if not add:
        return [partial(getattr(tf.raw_ops, name), **options) for name in names]
    options |= {**_onednn._WINDOW, "use_cudnn_on_gpu": True, "dilations": [1, 1, 1, 1]}
    forward, *gradients = [partial(add, f"_MklNative{name}", **options) for name in names]
    return [partial(forward, is_filter_const=False), *gradients]


def _milliseconds(operation, *tensors):
    import tensorflow as tf

    halves = tensors, [tensor + tensor for tensor in tensors]

    @tf.function(autograph=False)
    def graph(*halves):
        def body(number, total):  # in a loop of a graph both halves are computed at a time
            results = [operation(*half) for half in halves]
            used = [tf.cast(tf.reshape(result, [-1])[0], tf.float32) for result in results]
            return number + 1, total + tf.add_n(used)

        return tf.while_loop(
            lambda number, _: number < CALLS, body, (0, 0.0), parallel_iterations=1
        )

    graph(*halves)
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        graph(*halves)
        found.append((time.perf_counter() - start) / CALLS)
    return 1000 * median(found)


def _step_of_fit(precision, n_images):
    from skdigits import CNNClassifier
    from skdigits.datasets import fetch_mnist

    X, y = fetch_mnist(return_X_y=True)
    X, y = X[:n_images], y[:n_images]
    classifier = CNNClassifier(epochs=1, precision=precision, random_state=0)
    classifier.fit(X[:BATCH], y[:BATCH])
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        classifier.fit(X, y)
        found.append((time.perf_counter() - start) / -(-n_images // BATCH))
    return 1000 * median(found)


if __name__ == "__main__":
    typer.run(main)
