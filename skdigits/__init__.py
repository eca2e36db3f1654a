"""Small-image classification with Keras that feels like scikit-learn.

Importing this package takes milliseconds: scikit-learn comes with the first name taken from it,
TensorFlow and Keras with the first ``fit``.
"""

from importlib import import_module

from skdigits import _classifier_registry

_FUNCTIONS = {  # by name, the module
    "export": "skdigits.formats._export",
    "load": "skdigits.persistence",
    "save": "skdigits.persistence",
}

__all__ = sorted([*_classifier_registry.CLASSIFIERS, *_FUNCTIONS])

__version__ = "0.1.0"


def __getattr__(name):
    if name in _FUNCTIONS:
        return getattr(import_module(_FUNCTIONS[name]), name)
    if name not in _classifier_registry.CLASSIFIERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _classifier_registry.load_class(name)


def __dir__():
    return sorted([*globals(), *__all__])
