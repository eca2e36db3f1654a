"""Predict from a plain description with numpy alone: what the layers of `_layers.py` mean."""

import numpy as np
from scipy.special import erf, expit, softmax

from skdigits.formats import _layers as plain

FUNCTIONS = {
    "relu": lambda x, alpha: np.maximum(x, 0),
    "relu6": lambda x, alpha: np.clip(x, 0, 6),
    "leaky_relu": lambda x, alpha: np.where(x >= 0, x, alpha * x),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "selu": lambda x, alpha: 1.05070098 * FUNCTIONS["elu"](x, 1.67326324),
    "gelu": lambda x, alpha: x * (1 + erf(x / np.sqrt(2))) / 2,
    "silu": lambda x, alpha: x * expit(x),
    "tanh": lambda x, alpha: np.tanh(x),
    "sigmoid": lambda x, alpha: expit(x),
    "hard_sigmoid": lambda x, alpha: np.clip(x / 6 + 0.5, 0, 1),
    "softplus": lambda x, alpha: np.logaddexp(x, 0),
    "softsign": lambda x, alpha: x / (1 + abs(x)),
    "exponential": lambda x, alpha: np.exp(x),
}


def predict(network, images):
    """Return the probabilities of images of shape (n, *network.input_shape)."""
    if network.views:
        views = [images[:, view.rows][:, :, view.columns] for view in network.views]
        return np.mean([_predict(network, view) for view in views], axis=0)
    return _predict(network, images)


def _predict(network, images):
    x = (images.astype(float) - network.offset) / network.unit
    for layer in network.layers:
        x = _apply(layer, x)
    return x


def _apply(layer, x):
    match layer:
        case plain.ScaleShift(scale, shift):
            return x * scale + shift
        case plain.Reshape(shape):
            return x.reshape(len(x), *shape)
        case plain.Dense(kernel, bias):
            return x @ kernel + bias
        case plain.Conv2D(kernel, bias, strides, padding):
            windows = _windows(x, kernel.shape[:2], strides, padding, 0)
            return np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias
        case plain.Pool2D(kind, size, strides, padding):
            windows = _windows(x, size, strides, padding, np.nan)
            reduce = np.nanmax if kind == "max" else np.nanmean
            return reduce(windows, axis=(-2, -1))
        case plain.Activation(name, alpha):
            return FUNCTIONS[name](x, alpha)
        case plain.Softmax():
            return softmax(x, axis=-1)
        case plain.DivideBySum():
            x = np.where(x.sum(axis=1, keepdims=True) == 0, 1, x)
            return x / x.sum(axis=1, keepdims=True)


def _windows(x, size, strides, padding, value):
    """Return the windows of images, of shape (n, h, w, channels, *size)."""
    top, bottom, left, right = padding
    x = np.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=value)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return windows[:, :: strides[0], :: strides[1]]
