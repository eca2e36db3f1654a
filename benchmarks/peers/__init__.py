"""The peers: one module each, with the same four names.

``prepare(images, network)``
    Raw uint8 images of shape (n, h, w) as the peer takes them; runs before the clock.
``make(training, tick=None)``
    An object with ``fit(X, y)`` and ``predict_proba(X)``; `tick` is called after each epoch.
``count_parameters(model)``
    Numbers in the fitted network.
``PARAMETERS``
    Names of "learning_rate", "hidden" and "batch_size" in a scikit-learn search; None for a peer
    that is no scikit-learn estimator.
"""

from importlib.util import find_spec

# What its users import, and the name that they begin with.
IMPORTS = {
    "skdigits": ("skdigits", "CNNClassifier"),
    "keras": ("keras", "Sequential"),
    "scikeras": ("scikeras.wrappers", "KerasClassifier"),
    "skorch": ("skorch", "NeuralNetClassifier"),
    "torch": ("torch", "nn"),
    "sklearn": ("sklearn.neural_network", "MLPClassifier"),
}
PACKAGES = {
    "skdigits": ("skdigits", "tensorflow"),
    "keras": ("keras", "tensorflow"),
    "scikeras": ("scikeras", "tensorflow"),
    "skorch": ("skorch", "torch"),
    "torch": ("torch",),
    "sklearn": ("sklearn",),
}
LABELS = {
    "skdigits": "skdigits",
    "keras": "Keras",
    "scikeras": "SciKeras",
    "skorch": "skorch",
    "torch": "PyTorch loop",
    "sklearn": "scikit-learn",
}
# Those whose users may choose how many steps run in one call.
TAKE_STEPS = ("keras", "scikeras")


def missing(peer):
    """Return the packages that a peer lacks here."""
    return [package for package in PACKAGES[peer] if find_spec(package) is None]
