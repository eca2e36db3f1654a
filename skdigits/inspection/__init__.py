"""Displays for classifiers of images, with the interface of scikit-learn's displays."""

from skdigits.inspection._confusions import Confusion, ConfusionExamplesDisplay, find_confusions
from skdigits.inspection._filters import FirstLayerDisplay
from skdigits.inspection._history import HistoryDisplay
from skdigits.inspection._saliency import SaliencyDisplay
from skdigits.inspection._samples import SampleImagesDisplay, choose_samples

__all__ = [
    "Confusion",
    "ConfusionExamplesDisplay",
    "FirstLayerDisplay",
    "HistoryDisplay",
    "SaliencyDisplay",
    "SampleImagesDisplay",
    "choose_samples",
    "find_confusions",
]
