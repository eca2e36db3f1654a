"""Turn objects into values that can be compared: equal values mean equal behaviour.

The configuration of a Keras object determines what it does. The code of a user's function, and the
values of all that the code refers to, determine what the function does. These are its defaults, and
variables of the functions around it and of its module. So two lambdas with the same code are equal,
and a function differs from itself after its module has changed.

`freeze` gives such a value where it is sure. `describe` gives one for any object, as a text that is
the same in other processes.
"""

import dis
import functools
import hashlib
import pickle
import sys
from numbers import Number
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

import numpy as np

from skdigits._private_names import excluded_from_weight_decay
from skdigits._tensorflow import keras, tf
from skdigits.training._optimizer import parts

# The definitions in these modules do not change while a process runs.
LIBRARIES = {"keras", "numpy", "scipy", "skdigits", "sklearn", "tensorflow"}
LIBRARIES |= sys.stdlib_module_names - {"__main__"}

# Code that uses these modules depends on its arguments only ...
PURE = {"keras", "numpy", "scipy", "skdigits", "sklearn", "tensorflow", "collections", "functools"}
PURE |= {"dataclasses", "enum", "itertools", "math", "numbers", "operator", "types", "typing"}
# ... and code with these names may depend on files, on the environment or on chance.
IMPURE_NAMES = {"open", "input", "next", "iter", "globals", "locals", "vars", "eval", "exec"}
IMPURE_NAMES |= {"__import__", "environ", "getenv", "random", "load", "load_model", "read_text"}


ARRAYS = (np.ndarray, np.memmap)  # others may hold more than numbers, such as a mask
# What two functions with the same behaviour have in common.
OF_CODE = [
    *("co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars"),
    *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_exceptiontable"),
]


class UnknownError(Exception):
    """The behaviour of an object cannot be known from its attributes."""


def freeze(value):
    """Return a hashable value that is equal for objects that do the same.

    Types of numbers make no difference (0 equals 0.0), and lists are equal to tuples.

    Raises
    ------
    UnknownError
    """
    if isinstance(value, np.ndarray | np.generic):  # numpy compares its numbers with tuples
        value = value.tolist()
    if value is None or isinstance(value, str | bytes | Number):
        return value
    if isinstance(value, dict):
        _check_registered(value)
        return tuple((name, freeze(item)) for name, item in sorted(value.items(), key=_text_of_key))
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return _Behaviour().of(value)


def freeze_with_types(value):
    """Return a value as of `freeze` for which types make a difference, as a function may ask."""
    return _Behaviour().of(value)


def describe(value):
    """Return a text that is equal for objects that do the same, as far as Python can tell.

    It is the same in each process, and for numbers and sequences of any type. Objects of other
    packages count by their pickles. What code reads from files or from the environment is left out.
    """
    return _text(_Behaviour(is_strict=False).of(value))


def _text_of_key(item):
    return repr(item[0])  # keys of several types have no order


def _check_registered(config):
    """Refuse a serialized object that Keras finds by a name: the name may have a new meaning."""
    if config.get("registered_name") and not _is_of_library(config.get("module") or ""):
        raise UnknownError


def _is_of_library(module):
    return module.partition(".")[0] in LIBRARIES and module != "builtins"


class _Behaviour:
    """Freezes functions and what they refer to; numbers of different types are different.

    Parameters
    ----------
    is_strict : bool, default=True
        Whether to raise UnknownError for what cannot be known, or else to leave it out.
    """

    def __init__(self, is_strict=True):
        self._is_strict = is_strict
        # Objects being frozen, with a number, by their ids: functions may refer to themselves.
        self._open: dict = {}
        self._n_opened = 0

    def of(self, value):
        """Return a hashable value for any object."""
        if not self._is_strict:
            value = _of_any_type(value)
        if value is None or isinstance(value, str | bytes | Number):
            return type(value), value
        if id(value) in self._open:
            return "itself", self._open[id(value)][0]
        self._n_opened += 1
        self._open[id(value)] = self._n_opened, value
        try:
            return self._of_object(value)
        except Exception:  # also of a user's object that cannot tell its configuration
            if self._is_strict:
                raise
            return type(value).__qualname__, _pickled(value)
        finally:
            # Without an UnknownError to end it, each function is followed once.
            if self._is_strict or not isinstance(value, FunctionType | type):
                del self._open[id(value)]

    def _of_object(self, value):
        if type(value) in ARRAYS or isinstance(value, tf.Tensor):
            return _digest(np.asarray(value))
        if isinstance(value, dict):
            return dict, tuple((self.of(key), self.of(item)) for key, item in value.items())
        if isinstance(value, list | tuple):
            return type(value), tuple(self.of(item) for item in value)
        if isinstance(value, set | frozenset):
            return set, frozenset(self.of(item) for item in value)
        if isinstance(value, keras.Variable | tf.Variable):
            return _Same(value)  # graphs read its value when they run
        if isinstance(value, np.ufunc):
            return np.ufunc, value.__name__
        if isinstance(value, FunctionType | BuiltinFunctionType):
            return self._of_function(value)
        if isinstance(value, type):
            return self._of_class(value)
        if isinstance(value, functools.partial):
            return functools.partial, self.of([value.func, value.args, value.keywords])
        if isinstance(value, MethodType):
            return MethodType, self.of([value.__self__, value.__func__])
        if isinstance(value, staticmethod | classmethod):
            return type(value), self.of(value.__func__)
        if isinstance(value, property):
            return property, self.of([value.fget, value.fset])
        if hasattr(value, "python_function"):  # a tf.function
            return tf.function, self.of(value.python_function)
        return self._of_instance(value)

    def _of_instance(self, value):
        of_class = self.of(type(value))
        if hasattr(value, "get_config"):
            weights = [np.asarray(each) for each in getattr(value, "weights", ())]
            if weights and self._is_strict:
                raise UnknownError
            config = {**value.get_config(), "name": None}  # Keras numbers its layers' names
            if isinstance(value, keras.optimizers.Optimizer):
                excluded = [excluded_from_weight_decay(each) for each in parts(value)]
                config["excluded_from_weight_decay"] = excluded
            if isinstance(value, keras.Layer) and _name_in_library(type(value)):
                config = _without_seed(config)
            frozen = freeze(config) if self._is_strict else self.of(_without_names(config))
            others = {**_functions_of(value), **settings_beside_config(value)}
            return of_class, frozen, self.of(others), self.of(weights)
        is_plain = all(vars(kind).get("__slots__") is None for kind in type(value).__mro__)
        if self._known_name(type(value)) or not is_plain:
            raise UnknownError
        return of_class, self.of(vars(value))

    def _known_name(self, value):
        """Return the name of a function or class whose code need not be looked at, or None."""
        name = _name_in_library(value)
        if name is None and not self._is_strict and _is_installed(value.__module__):
            return value.__module__, value.__qualname__
        return name

    def _of_class(self, value):
        name = self._known_name(value)
        if name:
            return name
        members = {
            name: member
            for name, member in vars(value).items()
            if not name.startswith(("__", "_abc_")) or isinstance(member, FunctionType)
        }
        return value.__qualname__, self.of([*value.__bases__]), self.of(members)

    def _of_function(self, value):
        name = self._known_name(value)
        if name:
            return name
        if isinstance(value, BuiltinFunctionType):
            raise UnknownError
        names, read = _names(value.__code__), value.__globals__
        is_pure = not names & IMPURE_NAMES and _imports(value.__code__) <= PURE
        if self._is_strict and not is_pure:
            raise UnknownError
        used = sorted(_globals(value.__code__) & set(read))
        return (
            _text(value.__code__),
            self.of([value.__defaults__, value.__kwdefaults__, vars(value)]),
            tuple(self._of_cell(cell, names) for cell in value.__closure__ or ()),
            tuple((name, self._of_reference(read[name], names)) for name in used),
        )

    def _of_cell(self, cell, names):
        try:
            return self._of_reference(cell.cell_contents, names)
        except ValueError:  # not set yet
            return "empty"

    def _of_reference(self, value, names):
        """Freeze what code refers to; of a module, only the names that the code mentions."""
        if not isinstance(value, ModuleType):
            return self.of(value)
        library = value.__name__.partition(".")[0]
        is_others = library in LIBRARIES or _is_installed(library)
        if library in PURE or (is_others and not self._is_strict):
            return value.__name__
        if library in LIBRARIES:
            raise UnknownError
        found = sorted(name for name in names if hasattr(value, name))
        return value.__name__, tuple((name, self.of(getattr(value, name))) for name in found)


class _Same:
    """Equal only if it holds the very same object, which it keeps alive."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self):
        return id(self.value)


def _of_any_type(value):
    """Return a number as Python's own type, whole where it is, and a list as a tuple."""
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) is float and value.is_integer():
        return int(value)
    return tuple(value) if type(value) is list else value


def _pickled(value):
    """Return the digest of an object's pickle; None if it has none."""
    try:
        return hashlib.blake2b(pickle.dumps(value, protocol=5)).hexdigest()
    except Exception:  # of an object that holds a lock, for example
        return None


def _text(frozen):
    """Return a frozen value as text."""
    if isinstance(frozen, tuple | list):
        return f"({', '.join(map(_text, frozen))})"
    if isinstance(frozen, frozenset):
        return f"{{{', '.join(sorted(map(_text, frozen)))}}}"
    if isinstance(frozen, type):
        return f"{frozen.__module__}.{frozen.__qualname__}"
    if isinstance(frozen, CodeType):
        return _text([getattr(frozen, name) for name in OF_CODE])  # but lines and files
    if isinstance(frozen, _Same):
        return _text(_digest(np.asarray(frozen.value)))
    return repr(frozen)


def _without_seed(config):
    """Return a layer's configuration without its seed.

    ``RandomCrop`` draws one if it gets none. No seed of a layer has an effect: a training draws the
    states of all random generators.
    """
    return {**config, "seed": None} if "seed" in config else config


def _without_names(config):
    """Return a configuration without the names and seeds of layers inside; Keras numbers names."""
    if isinstance(config, list | tuple):
        return [_without_names(each) for each in config]
    if not isinstance(config, dict):
        return config
    if "class_name" in config and isinstance(config.get("config"), dict):
        inner = {**config["config"], "name": None}
        is_layer = config.get("module") == "keras.layers"
        config = {**config, "config": _without_seed(inner) if is_layer else inner}
    return {name: _without_names(each) for name, each in config.items()}


def _is_installed(module):
    """Tell whether a module belongs to an installed package; its code is not followed."""
    file = getattr(sys.modules.get((module or "").partition(".")[0]), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


def _functions_of(value):
    """Return functions that an object was given; its configuration may tell only their names."""
    given = {name: item for name, item in vars(value).items() if isinstance(item, FunctionType)}
    return {name: item for name, item in given.items() if not hasattr(type(value), name)}


def settings_beside_config(value):
    """Return settings of losses and initializers that their configurations lack."""
    if isinstance(value, keras.losses.Loss):
        of_keras = vars(keras.losses.Loss())
        return {
            name: item
            for name, item in vars(value).items()
            if name not in of_keras and not isinstance(item, FunctionType)
        }
    return {"gain": value.gain} if isinstance(value, keras.initializers.Identity) else {}


def _name_in_library(value):
    """Return the full name of a function or class of a library; None for all others."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "<")
    if module and module.partition(".")[0] in LIBRARIES and "<" not in name:
        return module, name
    return None


def _inside(code):
    """Return code and that of all functions in it."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return [code, *(each for one in inner for each in _inside(one))]


@functools.lru_cache
def _names(code):
    """Return the names of variables and attributes that code mentions."""
    return {name for each in _inside(code) for name in each.co_names}


@functools.lru_cache
def _imports(code):
    """Return the packages that code imports when it runs."""
    return {
        instruction.argval.partition(".")[0]
        for each in _inside(code)
        for instruction in dis.get_instructions(each)
        if instruction.opname == "IMPORT_NAME"
    }


@functools.lru_cache
def _globals(code):
    """Return the names of variables of the module that code reads."""
    loads = ("LOAD_GLOBAL", "LOAD_NAME")
    return {
        instruction.argval
        for each in _inside(code)
        for instruction in dis.get_instructions(each)
        if instruction.opname in loads
    }


def _digest(array):
    if array.dtype == object:
        raise UnknownError
    content = hashlib.blake2b(np.ascontiguousarray(array).data).digest()
    return np.ndarray, array.dtype.str, array.shape, content
