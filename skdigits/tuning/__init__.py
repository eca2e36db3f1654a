"""Search the parameters of a classifier, by several processes, in a folder that survives them."""

from skdigits.tuning._identity import check_search
from skdigits.tuning._results import TrialResult, TuningResult
from skdigits.tuning._tune import tune

__all__ = ["TrialResult", "TuningResult", "check_search", "tune"]
