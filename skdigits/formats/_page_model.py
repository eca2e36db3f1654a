"""A fitted classifier as plain data and arrays, for the scripts of a page.

What a page can predict with is a network that `_describe.py` describes, behind steps that scale
pixels, in averages, and calibrated by temperature.
"""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skdigits._builder import NetworkClassifier
from skdigits._cnn import CNNClassifier
from skdigits._mlp import MLPClassifier
from skdigits._nested import held_by
from skdigits.ensemble import AveragingClassifier
from skdigits.formats import _layers as plain
from skdigits.formats._describe import UnknownLayerError, describe
from skdigits.preprocessing import ImageReshaper, PixelScaler

SCALERS = (PixelScaler, StandardScaler, MinMaxScaler)
KNOWN = (
    "A page can hold networks of skdigits: by themselves, in a Pipeline behind ImageReshaper, "
    f"{', '.join(scaler.__name__ for scaler in SCALERS)}, in an AveragingClassifier, found by a "
    "search, and calibrated with method='temperature'. The first step of all may be a "
    "DigitNormalizer."
)


# Small kernels keep 32 bits: those of the first and the last layer, which cause most of the error.
# All of them together have at most this share of the numbers, or this number.
KEPT = 0.05, 4000


class Weights:
    """The arrays of a page, one after the other.

    Parameters
    ----------
    bits : {16, 32}
        Of each number in a large kernel. All other numbers, which are few, have 32.
    """

    def __init__(self, bits):
        self.bits = bits
        self._arrays: list = []  # each with the dict that says where it is

    def add(self, array):
        """Add an array, and return where it is: a dict that `encode` fills."""
        place: dict = {}
        self._arrays.append((np.asarray(array, np.float32), place))
        return place

    def rounded(self, array):
        """Return the numbers of an array as the page has them."""
        is_kernel = np.ndim(array) >= 2
        if self.bits == 32 or not is_kernel or np.size(array) <= self._largest_kept():
            return np.asarray(array, "<f4")
        short = np.asarray(array, "<f2")
        return short if np.isfinite(short).all() else np.asarray(array, "<f4")

    def _largest_kept(self):
        """Return how many numbers a kernel has at most that keeps 32 bits."""
        found = [array.size for array, _ in self._arrays if array.ndim >= 2]
        sizes, counts = np.unique(found, return_counts=True)
        are_kept = np.cumsum(sizes * counts) <= max(KEPT[0] * sum(found), KEPT[1])
        return max(sizes[are_kept], default=0)

    def encode(self):
        """Return the bytes of all arrays, and say in their dicts where they are."""
        content = bytearray()
        for array, place in self._arrays:
            values = self.rounded(array)
            place |= {"start": len(content), "length": values.size, "bits": 8 * values.itemsize}
            content += values.tobytes()
            content += bytes(-len(content) % 4)  # the next array starts at a whole word
        return bytes(content)


def page_model(model, weights):
    """Return what `makeModel` of `network.js` takes.

    Parameters
    ----------
    model : fitted classifier
    weights : Weights
        It gets the arrays.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If a part of the model is unknown.
    """
    # Not isinstance: a subclass may predict something else.
    kind = type(model)
    if kind in (CNNClassifier, MLPClassifier, NetworkClassifier):
        return _network(model, weights)
    if kind is Pipeline:
        *before, last = held_by(model)
        steps = [_step(step, weights) for step in before]
        inner = page_model(last, weights)
        steps = [step for step in steps if step is not None]
        return {"kind": "steps", "steps": steps, "of": inner} if steps else inner
    if kind is AveragingClassifier:
        return _mean([page_model(each, weights) for each in model.estimators_])
    if kind is CalibratedClassifierCV and model.method == "temperature":
        return _mean([_calibrated(each, weights) for each in model.calibrated_classifiers_])
    if kind is FrozenEstimator:
        return page_model(model.estimator, weights)
    if hasattr(model, "best_estimator_"):
        return page_model(model.best_estimator_, weights)
    name = kind.__name__
    if kind is CalibratedClassifierCV:
        name = f"{name} with method={model.method!r}"
    raise ValueError(f"A page cannot hold {name}. {KNOWN}")


def _mean(nodes):
    return nodes[0] if len(nodes) == 1 else {"kind": "mean", "of": nodes}


def _calibrated(calibrated, weights):
    (scaling,) = calibrated.calibrators
    inner = page_model(calibrated.estimator, weights)
    return {"kind": "temperature", "scale": float(scaling.beta_), "of": inner}


def _step(step, weights):
    """Return a step before a network as a layer, or None if it changes no value."""
    kind = type(step)
    if kind is ImageReshaper:
        return None
    scale: np.ndarray
    if kind is PixelScaler:
        scale = np.array([1 / ((step.data_max_ - step.data_min_) or 1.0)])
        shift = -step.data_min_ * scale
    elif kind is StandardScaler:
        scale = np.ones(step.n_features_in_) if step.scale_ is None else 1 / step.scale_
        shift = -step.mean_ * scale if step.with_mean else np.zeros(step.n_features_in_)
    elif kind is MinMaxScaler and not step.clip:
        scale, shift = step.scale_, step.min_
    else:
        clips = " with clip=True" if kind is MinMaxScaler else ""
        raise ValueError(f"A page cannot hold {kind.__name__}{clips}. {KNOWN}")
    return _layer(plain.ScaleShift(scale, shift), weights)


def _network(classifier, weights):
    try:
        network = describe(classifier)
    except UnknownLayerError as error:
        raise ValueError(f"A page cannot hold this network. {error}") from error
    return {
        "kind": "network",
        "shape": network.input_shape,
        "offset": network.offset.tolist(),
        "unit": network.unit.tolist(),
        "layers": [_layer(layer, weights) for layer in network.layers],
        "views": [
            {"rows": view.rows.tolist(), "columns": view.columns.tolist()} for view in network.views
        ],
    }


def _layer(layer, weights):
    """Return a layer as `makeLayer` of `network.js` takes it."""
    found = {"kind": type(layer).__name__}
    match layer:
        case plain.ScaleShift(scale, shift):
            return found | {"scale": weights.add(scale), "shift": weights.add(shift)}
        case plain.Reshape(shape):
            return found | {"shape": shape}
        case plain.Dense(kernel, bias):
            return found | {"kernel": weights.add(kernel), "bias": weights.add(bias)}
        case plain.Conv2D(kernel, bias, strides, padding):
            window = {"size": kernel.shape[:2], "strides": strides, "padding": padding}
            return found | window | {"kernel": weights.add(kernel), "bias": weights.add(bias)}
        case plain.Pool2D(kind, size, strides, padding):
            return found | {"pool": kind, "size": size, "strides": strides, "padding": padding}
        case plain.Activation(name, alpha):
            return found | {"name": name, "alpha": alpha}
        case _:  # Softmax and DivideBySum have no settings
            return found
