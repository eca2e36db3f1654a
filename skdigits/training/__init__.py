"""Train Keras models: fast, repeatable, and without side effects."""

from skdigits.training._loop import Data, Rows, TrainingResult, train
from skdigits.training._network import Network
from skdigits.training._parameters import TrainingParameters
from skdigits.training._spec import NetworkSpec

__all__ = [
    "Data",
    "Network",
    "NetworkSpec",
    "Rows",
    "TrainingParameters",
    "TrainingResult",
    "train",
]
