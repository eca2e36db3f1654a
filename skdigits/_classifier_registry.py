"""The one list of skdigits' network classifiers.

The package, the command line, the studies, the messages of the displays, and the tests of the
documentation read it. To add a classifier, write its module, add it here, and describe it in the
user guide. A class with a short name has efforts, too: see `skdigits._layered`.
"""

from importlib import import_module
from typing import NamedTuple


class Registered(NamedTuple):
    """Where a classifier is defined, and what the command line and the studies call it.

    Attributes
    ----------
    module : str
        The module that defines the class.
    short_name : str or None
        None for a class that needs an argument: its name alone does not describe a model.
    """

    module: str
    short_name: str | None = None


CLASSIFIERS = {  # by the name of the class
    "MLPClassifier": Registered("skdigits._mlp", short_name="mlp"),
    "CNNClassifier": Registered("skdigits._cnn", short_name="cnn"),
    "NetworkClassifier": Registered("skdigits._builder"),
}

SHORT_NAMES = {
    registered.short_name: class_name
    for class_name, registered in CLASSIFIERS.items()
    if registered.short_name
}


def load_class(class_name):
    """Import and return a registered class."""
    return getattr(import_module(CLASSIFIERS[class_name].module), class_name)
