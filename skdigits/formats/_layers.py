"""A plain description of a fitted network: what any runtime needs to predict, and nothing of Keras.

The set of layers is closed. A writer of a format handles each of them, and needs no other. All
weights are float32 arrays. Images are channels-last, as Keras has them: a batch of shape
(n, height, width, channels), or (n, n_columns).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ScaleShift:
    """``x * scale + shift`` along the last axis: a standardisation or a batch normalisation."""

    scale: np.ndarray  # (n_channels,)
    shift: np.ndarray  # (n_channels,)


@dataclass(frozen=True)
class Reshape:
    """Another shape of each image, in C order: a flattening, too."""

    shape: tuple[int, ...]  # without the batch


@dataclass(frozen=True)
class Dense:
    """``x @ kernel + bias`` along the last axis."""

    kernel: np.ndarray  # (n_inputs, n_units)
    bias: np.ndarray  # (n_units,)


@dataclass(frozen=True)
class Conv2D:
    """A convolution, as Keras has it: the kernel is not mirrored. Padding is with zeros."""

    kernel: np.ndarray  # (height, width, n_inputs, n_filters)
    bias: np.ndarray  # (n_filters,)
    strides: tuple[int, int]
    padding: tuple[int, int, int, int]  # rows above and below, columns left and right


@dataclass(frozen=True)
class Pool2D:
    """The largest value or the mean of each window. Padded places do not count."""

    kind: str  # "max" or "average"
    size: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[int, int, int, int]  # as of Conv2D


@dataclass(frozen=True)
class Activation:
    """A function of each value by itself; `ACTIVATIONS` has its formula."""

    name: str
    alpha: float = 0.0  # only leaky_relu and elu use it


@dataclass(frozen=True)
class Softmax:
    """The softmax along the last axis."""


@dataclass(frozen=True)
class DivideBySum:
    """Each row divided by its sum. In a row of zeros, all classes are equally probable."""


# With these formulas; log1p(exp(x)) has to be computed so that it does not overflow.
ACTIVATIONS = {
    "relu": "max(x, 0)",
    "relu6": "min(max(x, 0), 6)",
    "leaky_relu": "x if x >= 0 else alpha * x",
    "elu": "x if x > 0 else alpha * (exp(x) - 1)",
    "selu": "1.05070098 * (x if x > 0 else 1.67326324 * (exp(x) - 1))",
    "gelu": "x * (1 + erf(x / sqrt(2))) / 2",
    "silu": "x * sigmoid(x)",
    "tanh": "tanh(x)",
    "sigmoid": "1 / (1 + exp(-x))",
    "hard_sigmoid": "min(max(x / 6 + 1 / 2, 0), 1)",
    "softplus": "log1p(exp(x))",
    "softsign": "x / (1 + abs(x))",
    "exponential": "exp(x)",
}

Layer = ScaleShift | Reshape | Dense | Conv2D | Pool2D | Activation | Softmax | DivideBySum


@dataclass(frozen=True)
class View:
    """A moved or mirrored image: ``image[rows][:, columns]``."""

    rows: np.ndarray  # (height,), int64
    columns: np.ndarray  # (width,), int64


@dataclass(frozen=True)
class Network:
    """A fitted classifier's network, from an image to the probabilities of the classes.

    Attributes
    ----------
    input_shape : tuple of int
        (height, width, channels), or (n_columns,).
    offset, unit : ndarray of shape (input_shape[-1],), float64
        Subtract `offset` from the input, divide the difference by `unit`, and take the result as
        float32. They are 0 and 1 except for unusual columns, such as timestamps.
    layers : tuple of Layer
        One after the other. The last one gives probabilities.
    views : tuple of View
        The probabilities are the mean over these views of the image. Empty: of the image itself.
    """

    input_shape: tuple[int, ...]
    offset: np.ndarray
    unit: np.ndarray
    layers: tuple[Layer, ...]
    views: tuple[View, ...] = ()
