"""The types and functions that `load` trusts beside those that skops trusts."""

import io
import json
from zipfile import ZipFile

import skops.io

from skdigits.persistence._schema import nodes_in

OURS = [
    "skdigits._builder.NetworkClassifier",
    "skdigits._cnn.CNNClassifier",
    "skdigits._mlp.MLPClassifier",
    "skdigits.ensemble.AveragingClassifier",
    "skdigits.preprocessing._digit_normalizer.DigitNormalizer",
    "skdigits.preprocessing._image_reshaper.ImageReshaper",
    "skdigits.preprocessing._pixel_scaler.PixelScaler",
]

# What scikit-learn's meta-estimators hold. None of these runs code from its attributes.
OF_META_ESTIMATORS = [
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.callback._progressbar.ProgressBar",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.ShuffleSplit",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.StratifiedShuffleSplit",
    "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
]

# Scores for classifiers, for ``scoring=...`` of searches.
SCORES = [
    "sklearn.metrics._classification.accuracy_score",
    "sklearn.metrics._classification.balanced_accuracy_score",
    "sklearn.metrics._classification.brier_score_loss",
    "sklearn.metrics._classification.f1_score",
    "sklearn.metrics._classification.log_loss",
    "sklearn.metrics._classification.matthews_corrcoef",
    "sklearn.metrics._classification.precision_score",
    "sklearn.metrics._classification.recall_score",
    "sklearn.metrics._ranking.average_precision_score",
    "sklearn.metrics._ranking.roc_auc_score",
    "sklearn.metrics._ranking.top_k_accuracy_score",
]

# What other estimators of scikit-learn hold: types of columns, optimizers of weights that are plain
# arrays, and functions that take only arrays.
OF_ESTIMATORS = [
    "numpy.dtype",
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._mutual_info.mutual_info_regression",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.feature_selection._univariate_selection.r_regression",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
]

TRUSTED = [*OURS, *OF_META_ESTIMATORS, *SCORES, *OF_ESTIMATORS]

# What the names of types begin with that skops trusts, but `load` does not. Their compiled code
# takes sizes and places from arrays without a check, as that of trees does: a file can make it read
# or write memory outside of them.
UNSAFE = (
    "sklearn.cluster.",
    "sklearn.neighbors.",
    *(f"sklearn.svm._classes.{name}" for name in ("NuSVC", "NuSVR", "OneClassSVM", "SVC", "SVR")),
)


def untrusted_types(content, trusted=()):
    """Return the names of the types in a file of skops that are not trusted, sorted.

    Parameters
    ----------
    content : bytes
    trusted : list of str
        More types to trust.
    """
    with ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read("schema.json"))
    named = {f"{node['__module__']}.{node['__class__']}" for node in nodes_in(schema)}
    unsafe = {name for name in named if name.startswith(UNSAFE)}
    found = {*skops.io.get_untrusted_types(data=content), *unsafe}
    return sorted(found - {*TRUSTED, *trusted})
