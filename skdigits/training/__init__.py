"""Train Keras models: fast, repeatable, and without side effects."""

from skdigits.training._checkpoint import CheckpointError
from skdigits.training._checks import check_loss_values
from skdigits.training._comparable import describe
from skdigits.training._loop import Data, Rows, TrainingResult, train
from skdigits.training._network import Network
from skdigits.training._parameters import TrainingParameters
from skdigits.training._plain_network import network_from_plain, network_to_plain
from skdigits.training._plain_values import from_plain, to_plain
from skdigits.training._spec import TRANSFER_OPTIONS, NetworkSpec
from skdigits.training._state import versions

__all__ = [
    "TRANSFER_OPTIONS",
    "CheckpointError",
    "Data",
    "Network",
    "NetworkSpec",
    "Rows",
    "TrainingParameters",
    "TrainingResult",
    "check_loss_values",
    "describe",
    "from_plain",
    "network_from_plain",
    "network_to_plain",
    "to_plain",
    "train",
    "versions",
]
