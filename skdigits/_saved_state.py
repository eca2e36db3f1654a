"""The state of a classifier as plain data, which pickles, joblib, skops and `save` share."""

import os

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.metadata_routing import MetadataRequest

import skdigits
from skdigits._numbers import Moments, Origin
from skdigits._scale import Scale, TableScale
from skdigits._warnings import warn

VERSION = "_skdigits_version"  # in states of plain data; pickles of older versions hold objects
KINDS = {kind.__name__: kind for kind in (Moments, Origin, Scale, TableScale)}
OBJECTS = ("_moments", "_origin", "_scale")
REQUESTS = "_metadata_request"  # an object of scikit-learn that refers to its estimator


def plain_state(state, parameters):
    """Return the attributes of a classifier as plain data.

    Parameters
    ----------
    state : dict
        Attributes by name.
    parameters : collection of str
        The names of the attributes that are parameters.

    Returns
    -------
    plain : dict
        Objects and functions of users stay as they are: pickles can hold them.
    """
    plain = {**state, VERSION: skdigits.__version__}
    for name in parameters:
        plain[name] = _plain_parameter(state[name])
    for name in OBJECTS:
        if state.get(name) is not None:
            plain[name] = {"kind": type(state[name]).__name__, "attributes": vars(state[name])}
    if "_rng" in state:
        plain["_rng"] = state["_rng"].bit_generator.state
    if REQUESTS in state:
        plain[REQUESTS] = plain_requests(state[REQUESTS])
    if "_network" in state:
        plain["checkpoint"] = None  # its training is over
        from skdigits.training import network_to_plain

        source = getattr(state["transfer_from"], "_network", None)
        plain["_network"] = network_to_plain(state["_network"], source)
    return plain


def _plain_parameter(value):
    if _is_simple(value) or hasattr(value, "get_params"):  # the latter is `transfer_from`
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    from skdigits.training import to_plain

    return to_plain(value)


def _is_simple(value):
    """Tell whether a value is its own plain form, without importing Keras."""
    if isinstance(value, list | tuple):
        return all(_is_simple(each) for each in value)
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def restored_state(plain, parameters, owner):
    """Return the attributes of a classifier from its plain data.

    Parameters
    ----------
    plain : dict
        What `plain_state` returned, in this version or an older one.
    parameters : collection of str
        The names of the attributes that are parameters.
    owner : str
        The class, for messages.

    Returns
    -------
    state : dict

    Raises
    ------
    ValueError
        If the data cannot be those of a classifier.

    Warns
    -----
    InconsistentVersionWarning
        If other versions of the libraries trained the network.
    """
    if VERSION not in plain:
        return plain
    state = {name: value for name, value in plain.items() if name != VERSION}
    try:
        _restore(state, parameters, owner)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"The state of this {owner} is damaged{_or_of_others(plain)}: {error}"
        ) from error
    if "_network" in state:
        warn_of_versions(plain["_network"]["versions"], owner)
    return state


def _restore(state, parameters, owner):
    """Put objects in the place of plain data."""
    for name in parameters:
        if not _is_simple(state.get(name)):
            from skdigits.training import from_plain

            state[name] = from_plain(state[name])
    for name in OBJECTS:
        if state.get(name) is not None:
            restored = object.__new__(KINDS[state[name]["kind"]])
            vars(restored).update(state[name]["attributes"])
            state[name] = restored
    if "_rng" in state:
        generator = np.random.PCG64(0)
        generator.state = state["_rng"]
        state["_rng"] = np.random.Generator(generator)
    if REQUESTS in state:
        state[REQUESTS] = restored_requests(state[REQUESTS], owner)
    if "_network" in state:
        from skdigits.training import network_from_plain

        source = getattr(state["transfer_from"], "_network", None)
        state["_network"] = network_from_plain(state["_network"], source)
        _check_fitted(state)


def plain_requests(requests):
    """Return the metadata requests of an estimator as plain data, without the estimator."""
    methods = vars(requests).items()
    return {name: m.requests for name, m in methods if getattr(m, "requests", None)}


def restored_requests(plain, owner):
    """Return the metadata requests that `plain_requests` has described; `owner` is a name."""
    requests = MetadataRequest(owner=owner)
    for method, of_method in plain.items():
        for parameter, alias in of_method.items():
            getattr(requests, method).add_request(param=parameter, alias=alias)
    return requests


def _check_fitted(state):
    spec, classes = state["_network"].spec, state["classes_"]
    if not isinstance(classes, np.ndarray) or classes.shape != (spec.n_classes,):
        raise ValueError("its classes are not those of its network.")
    if not np.array_equal(np.unique(classes), classes):
        raise ValueError("its classes are not different and sorted.")
    if state["image_shape_"] != spec.input_shape:
        raise ValueError("its image_shape_ is not that of its network.")


def warn_of_versions(written_by, owner):
    """Warn as scikit-learn does if other versions of the libraries wrote a network."""
    ours, other = _other_versions(written_by)
    if other:
        warn(
            InconsistentVersionWarning(
                estimator_name=owner,
                current_sklearn_version=_listed(ours, other),
                original_sklearn_version=_listed(written_by, other),
            )
        )


def _or_of_others(plain):
    """Return a hint at the versions that wrote a state, if they are others and it names them."""
    try:
        written_by = dict(plain["_network"]["versions"])
    except (KeyError, TypeError, ValueError):  # of a damaged one
        return ""
    _, other = _other_versions(written_by)
    return f", or of other versions ({_listed(written_by, other)})" if other else ""


def _other_versions(written_by):
    """Return the versions of this process, and the libraries that have others in `written_by`."""
    from skdigits.training import versions

    ours = versions()
    return ours, [name for name, version in written_by.items() if ours.get(name) != version]


def _listed(versions, names):
    return ", ".join(f"{versions[name]} of {name}" for name in names if name in versions)
