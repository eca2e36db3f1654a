"""How a Keras model is trained: fast, repeatable, and without a trace left behind."""

from skdigits.training._loop import Data, train
from skdigits.training._network import Network
from skdigits.training._plan import make_plan, make_spec

__all__ = ["Data", "Network", "make_plan", "make_spec", "train"]
