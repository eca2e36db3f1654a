"""Small-image classification with Keras that feels like scikit-learn.

Importing this package takes milliseconds: scikit-learn comes with the first name taken from it,
TensorFlow and Keras with the first ``fit``.
"""

from importlib import import_module

__all__ = ["CNNClassifier", "MLPClassifier"]

__version__ = "0.1.0"

_MODULES = {"CNNClassifier": "skdigits._cnn", "MLPClassifier": "skdigits._mlp"}


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
