"""Compare classifiers on the same images, with the same splits and the same measures."""

from skdigits.model_selection._compare import compare
from skdigits.model_selection._evaluate import evaluate
from skdigits.model_selection._model_results import Comparison, ModelResult, Run

__all__ = ["Comparison", "ModelResult", "Run", "compare", "evaluate"]
