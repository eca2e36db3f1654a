"""Five published studies, declared as data, and a function that runs them again."""

from skdigits.studies import activation, ann_search, binary, cnn_vs_ann, cnn_vs_mlp
from skdigits.studies._declarations import (
    Experiment,
    KerasObject,
    LayerSizes,
    Model,
    Published,
    Search,
    Study,
    Sweep,
)
from skdigits.studies._run_study import run_study
from skdigits.studies._study_data import evaluated_images
from skdigits.studies._study_results import (
    ClassDifference,
    ExperimentResult,
    PairedDifference,
    PublishedResult,
    SearchResult,
    StudyResult,
    SweepResult,
)

__all__ = [
    "STUDIES",
    "ClassDifference",
    "Experiment",
    "ExperimentResult",
    "KerasObject",
    "LayerSizes",
    "Model",
    "PairedDifference",
    "Published",
    "PublishedResult",
    "Search",
    "SearchResult",
    "Study",
    "StudyResult",
    "Sweep",
    "SweepResult",
    "evaluated_images",
    "run_study",
]

STUDIES = {
    module.STUDY.name: module.STUDY
    for module in (activation, cnn_vs_mlp, binary, ann_search, cnn_vs_ann)
}
