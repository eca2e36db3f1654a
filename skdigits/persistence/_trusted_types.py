"""The types and functions that `load` trusts beside those that skops trusts."""

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

TRUSTED = [*OURS, *OF_META_ESTIMATORS, *SCORES]
