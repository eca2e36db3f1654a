"""How a Keras model is trained: fast, repeatable, and without a trace left behind."""

from skdigits.training._loop import Data, train
from skdigits.training._network import Network
from skdigits.training._spec import base_rate, make_plan, make_spec

__all__ = ["Data", "Network", "base_rate", "make_plan", "make_spec", "train"]
