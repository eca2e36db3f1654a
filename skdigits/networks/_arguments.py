"""Complete and check the arguments of the building functions."""

from numbers import Integral, Real

from skdigits._image_shape import with_channel


def shapes(input_shape, n_classes, meta):
    """Return the shape and the number of classes, from SciKeras's `meta` if not given."""
    if meta is not None:
        input_shape = meta["X_shape_"][1:] if input_shape is None else input_shape
        n_classes = meta["n_classes_"] if n_classes is None else n_classes
    if input_shape is None or n_classes is None:
        raise ValueError("input_shape and n_classes must be given, or SciKeras's meta.")
    shape = tuple(int(n) for n in input_shape)
    if len(shape) not in (1, 2, 3) or min(shape) < 1:
        raise ValueError(
            f"input_shape must be (h, w), (h, w, c) or (n_features,), each at least 1; got {shape}."
        )
    if n_classes < 2:
        raise ValueError(f"n_classes must be at least 2; got {n_classes}.")
    return with_channel(shape), int(n_classes)


def sizes_of(name, sizes, *, least=0):
    """Return one size or several, at least so many, as a tuple of whole numbers."""
    found = tuple(sizes) if hasattr(sizes, "__len__") else (sizes,)
    if len(found) < least or not all(_is_size(n) for n in found):
        raise ValueError(f"{name} must hold whole numbers of at least 1; got {sizes!r}.")
    return tuple(int(n) for n in found)


def pair_of(name, size):
    """Return a size as height and width."""
    pair = tuple(size) if hasattr(size, "__len__") else (size, size)
    if len(pair) != 2 or not all(_is_size(n) for n in pair):
        raise ValueError(f"{name} must be a whole number of at least 1, or two; got {size!r}.")
    return tuple(int(n) for n in pair)


def _is_size(value):
    return isinstance(value, Integral) and int(value) >= 1


def dropout_rates(dropout, n_layers):
    """Return one dropout rate for each layer; without layers, return the single rate."""
    rates = tuple(dropout) if hasattr(dropout, "__len__") else (dropout,) * max(n_layers, 1)
    if len(rates) != max(n_layers, 1):
        raise ValueError(
            f"dropout must be one rate, or one for each of the {n_layers} hidden layers; "
            f"got {len(rates)}."
        )
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
        raise ValueError(f"dropout must hold rates in [0, 1); got {dropout!r}.")
    return rates
