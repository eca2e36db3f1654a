"""Parameters as plain data: numbers, texts, arrays, and lists, tuples and dicts of these.

Pickles and other files hold parameters in this form. Objects and functions of Keras become their
public name, with their configuration. Each dict of the plain form has one of the keys below, which
tells what it stands for.
"""

from numbers import Number

import numpy as np

from skdigits import networks
from skdigits._tensorflow import keras, neutral_keras
from skdigits.training._comparable import UnknownError, freeze, settings_beside_config

PAIRS, KERAS, CONFIG, SETTINGS = "pairs", "keras", "config", "settings"
NETWORK = "network"

# The classes of Keras that files may name: none of them runs code from its configuration.
LAYERS = (
    "Activation", "AlphaDropout", "CenterCrop", "Dropout", "ELU", "GaussianDropout",
    "GaussianNoise", "LeakyReLU", "PReLU", "RandomBrightness", "RandomColorDegeneration",
    "RandomColorJitter", "RandomContrast", "RandomCrop", "RandomElasticTransform", "RandomErasing",
    "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation",
    "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom", "ReLU", "Rescaling",
    "Softmax", "SpatialDropout1D", "SpatialDropout2D",
)  # fmt: skip
# These make their inner optimizers from configurations only, by Keras's own deserialisation.
WRAPPERS = (keras.optimizers.LossScaleOptimizer, keras.optimizers.MultiOptimizer)


def _public_names():
    """Return the classes and functions of Keras that files may name, by name."""
    groups = {
        "optimizers": (keras.optimizers, keras.optimizers.Optimizer),
        "optimizers.schedules": (
            keras.optimizers.schedules,
            keras.optimizers.schedules.LearningRateSchedule,
        ),
        "losses": (keras.losses, keras.losses.Loss),
        "initializers": (keras.initializers, keras.initializers.Initializer),
    }
    found = {"DTypePolicy": keras.DTypePolicy}
    found |= {f"layers.{name}": getattr(keras.layers, name) for name in LAYERS}
    for group, (module, base) in groups.items():
        kinds = {name: each for name, each in vars(module).items() if isinstance(each, type)}
        found |= {f"{group}.{name}": each for name, each in kinds.items() if issubclass(each, base)}
    found = {name: each for name, each in found.items() if each not in WRAPPERS}
    for group in ("activations", "losses"):
        functions = vars(getattr(keras, group))
        found |= {
            f"{group}.{name}": each
            for name, each in functions.items()
            if callable(each)
            and not isinstance(each, type)
            and name not in ("deserialize", "get", "serialize")
        }
    return found


def is_plain(value):
    """Tell whether a value is a number, a text, None, or an array of these."""
    if isinstance(value, np.ndarray):
        return value.dtype != object or all(is_plain(each) for each in value.flat)
    return value is None or isinstance(value, str | np.generic) or type(value) in (bool, int, float)


def to_plain(value):
    """Return the plain form of a value; what has none stays as it is.

    Without a plain form are the functions and objects of users, objects of Keras with weights, and
    those that their configuration does not describe.
    """
    if type(value) in (list, tuple):
        return type(value)(to_plain(each) for each in value)
    if type(value) is dict:
        return {PAIRS: [[to_plain(key), to_plain(each)] for key, each in value.items()]}
    if is_plain(value) or isinstance(value, Number):
        return value
    named = _function_name(value)
    if named:
        return named
    plain = _keras_object(value)
    return plain if plain and _describes(plain, value) else value


def from_plain(value):
    """Return the value of a plain form.

    Raises
    ------
    ValueError
        If the plain form names something that files may not name.
    """
    if type(value) in (list, tuple):
        return type(value)(from_plain(each) for each in value)
    if type(value) is not dict:
        return value
    if PAIRS in value:
        return {from_plain(key): from_plain(each) for key, each in value[PAIRS]}
    if NETWORK in value:
        if value[NETWORK] not in networks.__all__:
            raise ValueError(f"skdigits has no function {value[NETWORK]!r} that builds networks.")
        return getattr(networks, value[NETWORK])
    return _from_keras(value)


def _from_keras(value):
    name, known = value.get(KERAS), _public_names()
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"Keras's {name!r} is not among the objects that a file may hold.")
    if CONFIG not in value:
        return known[name]
    config = {key: from_plain(each) for key, each in value[CONFIG][PAIRS]}
    if any(isinstance(each, dict) for each in config.values()):
        raise ValueError(f"The configuration of Keras's {name!r} may not hold a dict.")
    try:
        with neutral_keras():
            made = known[name].from_config(config)
            return _with_settings(made, from_plain(value.get(SETTINGS, {PAIRS: []})))
    except Exception as error:  # a damaged file may hold any configuration
        raise ValueError(f"Keras's {name!r} cannot be made from its configuration.") from error


def _with_settings(made, settings):
    """Set what the configuration of a loss or initializer lacks, see `settings_beside_config`."""
    unknown = settings.keys() - settings_beside_config(made).keys()
    if unknown:
        raise ValueError(f"It has no settings {unknown}.")
    vars(made).update(settings)
    return made


def _function_name(value):
    """Return the plain form of a function of Keras or of skdigits.networks, or None."""
    for name in networks.__all__:
        if value is getattr(networks, name):
            return {NETWORK: name}
    if isinstance(value, type) or not callable(value) or hasattr(value, "get_config"):
        return None
    return next(({KERAS: name} for name, each in _public_names().items() if each is value), None)


def _keras_object(value):
    """Return the plain form of an object of Keras, or None."""
    if isinstance(value, type) or not hasattr(value, "get_config") or _has_state(value):
        return None
    known = _public_names()
    name = next((name for name, each in known.items() if each is type(value)), None)
    try:
        plain = name and _with_config(name, value.get_config(), known)
    except Exception:  # of an object that cannot tell its configuration
        return None
    settings = settings_beside_config(value)
    return {**plain, SETTINGS: to_plain(settings)} if plain and settings else plain


def _has_state(value):
    """Return whether a layer has weights; the variables of an optimizer begin anew."""
    return isinstance(value, keras.Layer) and bool(value.weights)


def _with_config(name, config, known):
    pairs = [[key, _plain_config(each, known)] for key, each in config.items()]
    return {KERAS: name, CONFIG: {PAIRS: pairs}}


def _plain_config(value, known):
    """Return the plain form of a value in a configuration, in which dicts stand for objects."""
    if isinstance(value, list | tuple):  # Keras has lists of its own
        kind = list if isinstance(value, list) else tuple
        return kind(_plain_config(each, known) for each in value)
    if isinstance(value, dict):
        name = f"{value['module']}.{value['class_name']}".removeprefix("keras.")
        if name not in known or value["registered_name"]:
            raise ValueError(name)
        return _with_config(name, value["config"], known)
    if not is_plain(value):
        raise ValueError(value)
    return value


def _describes(plain, value):
    """Return whether a plain form gives an object that does the same."""
    try:
        return freeze(from_plain(plain)) == freeze(value)
    except (UnknownError, ValueError):
        return False
