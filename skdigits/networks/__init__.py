"""The networks: pure functions from an input shape to an uncompiled Keras model.

They work in plain Keras, and in SciKeras as ``KerasClassifier(model=build_cnn)``. SciKeras passes
the properties of the data as ``meta``.
"""

from skdigits.networks._around import build_around
from skdigits.networks._cnn import build_cnn
from skdigits.networks._from import build_from
from skdigits.networks._mlp import build_mlp

__all__ = ["build_around", "build_cnn", "build_from", "build_mlp"]
