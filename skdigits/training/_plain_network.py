"""A network as plain data, for pickles and other files: its spec, and its values by name.

The network is built again by its own function of :mod:`skdigits.networks`. Keras's own
deserialisation of networks is never used.
"""

import dataclasses
import inspect
from math import prod
from numbers import Real

import numpy as np

from skdigits import networks
from skdigits.training._network import Network
from skdigits.training._plain_values import from_plain, to_plain
from skdigits.training._spec import NetworkSpec

SHARED = "transfer_from"  # stands for a body that is the network of the parameter of this name
LAYERS = ("filters", "hidden_layer_sizes")  # options with the size of each layer
NUMBERS = "biuf"  # kinds of dtypes
MOST_PIXELS = 10**8


def network_to_plain(network, source=None):
    """Return the plain form of a network.

    Parameters
    ----------
    network : Network
    source : Network or None
        The network of `transfer_from`, which the caller saves itself.

    Returns
    -------
    plain : dict
        Objects of users stay as they are: pickles can hold them.
    """
    pickled = network.__getstate__()
    fields = dataclasses.fields(NetworkSpec)
    spec = {each.name: getattr(network.spec, each.name) for each in fields}
    body = spec.pop("body")
    plain = {name: to_plain(value) for name, value in spec.items()}
    if body is not None and body is source:
        body = SHARED
    elif isinstance(body, Network):
        body = network_to_plain(body)
    return {**pickled, "spec": {**plain, "body": body}}


def network_from_plain(plain, source=None):
    """Return the network of a plain form.

    Parameters
    ----------
    plain : dict
    source : Network or None
        The network of `transfer_from`.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If the plain form does not describe a network of skdigits, or if the values do not have the
        sizes that it describes. No network is built.
    """
    fields = dict(plain["spec"])
    body = fields.pop("body")
    if isinstance(body, str) and body == SHARED:
        body = source
    elif isinstance(body, dict):
        body = network_from_plain(body)
    spec = NetworkSpec(**{name: from_plain(value) for name, value in fields.items()}, body=body)
    _check_spec(spec)
    _check_values(spec, plain["state"])
    network = Network(spec)
    network.__setstate__({**plain, "spec": spec})
    return network


def _check_spec(spec):
    if spec.build not in _own_functions():
        raise ValueError("its network is not one of skdigits.networks.")
    shape = spec.input_shape
    if type(shape) is not tuple or not all(_is_size(n) for n in (*shape, spec.n_classes)):
        raise ValueError("the shape of its images or its number of classes is no whole number.")
    unknown = set(spec.options) - set(inspect.signature(spec.build).parameters)
    if unknown:
        raise ValueError(f"its network has no options {sorted(unknown)}.")


def _is_size(value):
    return type(value) is int and value >= 1


def _check_values(spec, state):
    """Raise if values are not numbers, or if the spec asks for sizes that no value has.

    So a file cannot describe a network that is much larger than the file.
    """
    if not isinstance(state, dict) or not all(
        isinstance(value, np.ndarray) and value.dtype.kind in NUMBERS for value in state.values()
    ):
        raise ValueError("its weights are not arrays of numbers.")
    if prod(spec.input_shape) > MOST_PIXELS:
        raise ValueError(f"it is for images of shape {spec.input_shape}.")
    if spec.options.get("build", spec.build) in _own_functions():  # others have sizes of their own
        weights = [value for name, value in state.items() if str(name).startswith("model/")]
        _check_sizes(spec, weights)


def _own_functions():
    return [getattr(networks, name) for name in networks.__all__]


def _check_sizes(spec, weights):
    """Raise if the spec asks for sizes that no weight has."""
    sizes = {size for value in weights for size in value.shape}
    options = {**spec.options, **(spec.options.get("build_options") or {})}
    layers = [options.get(name) for name in LAYERS]
    kernel = options.get("kernel_size") if _has_kernels(spec, options) else ()
    for size in _numbers([spec.n_classes, kernel, *layers]):
        if size not in sizes:
            raise ValueError(f"no weight of its network has the size {size:g}.")
    n_layers = len(list(_numbers(layers)))
    if n_layers > len(weights):
        raise ValueError(f"its network has {n_layers} layers, and {len(weights)} weights.")


def _has_kernels(spec, options):
    """Tell whether a network has convolutions over pixels; over columns their size is 1."""
    filters = options.get("filters", "auto")
    has_filters = isinstance(filters, str) or any(_numbers(filters))
    return len(spec.input_shape) > 1 and has_filters


def _numbers(sizes):
    """Yield the numbers in sequences of sequences; a text, as "auto", stands for small sizes."""
    if isinstance(sizes, list | tuple | np.ndarray):
        for size in sizes:
            yield from _numbers(size)
    elif isinstance(sizes, Real):
        yield sizes
