"""Compare classifiers on the same images, and search their parameters."""

from skdigits.model_selection._compare import compare
from skdigits.model_selection._evaluate import evaluate
from skdigits.model_selection._model_results import Comparison, ModelResult, Run
from skdigits.model_selection._search_space import search_space, suggest

__all__ = ["Comparison", "ModelResult", "Run", "compare", "evaluate", "search_space", "suggest"]
