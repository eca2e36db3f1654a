"""Teach skl2onnx what it lacks of scikit-learn 1.9, where people put our classifiers into it.

A calibration by temperature, frozen estimators, random searches, and the default of
`VotingClassifier`. What skl2onnx converts wrongly is refused, since the check of the file sees only
some images. Whatever else skl2onnx converts itself, it goes on to convert.
"""

import copy

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.operator_converters.calibrated_classifier_cv import (
    convert_sklearn_calibrated_classifier_cv,
)
from skl2onnx.operator_converters.scaler_op import convert_sklearn_scaler
from skl2onnx.operator_converters.voting_classifier import convert_voting_classifier
from skl2onnx.shape_calculators.ensemble_shapes import calculate_linear_classifier_output_shapes
from skl2onnx.shape_calculators.scaler import calculate_sklearn_scaler_output_shapes
from skl2onnx.shape_calculators.voting_classifier import voting_classifier_shape_calculator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.preprocessing import MaxAbsScaler

from skdigits.formats._onnx_graph import Nodes
from skdigits.formats._skl2onnx import add_outputs, declare_held, register_classifier

EPSILON = 1e-12  # what scikit-learn adds to a probability before its logarithm
OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [True, False],
}


def register():
    """Register the converters."""
    register_classifier(FrozenEstimator, _convert_frozen)
    register_classifier(RandomizedSearchCV, _convert_search)
    register_classifier(FixedThresholdClassifier, _refuse_threshold)
    register_classifier(TunedThresholdClassifierCV, _refuse_threshold)
    update_registered_converter(
        MaxAbsScaler,
        "SklearnMaxAbsScaler",
        calculate_sklearn_scaler_output_shapes,
        _convert_max_abs_scaler,
        options={"div": ["std", "div", "div_cast"]},  # as skl2onnx has it
    )
    update_registered_converter(
        CalibratedClassifierCV,
        "SklearnCalibratedClassifierCV",
        calculate_linear_classifier_output_shapes,
        _convert_calibrated,
        options=OPTIONS,
    )
    update_registered_converter(
        VotingClassifier,
        "SklearnVotingClassifier",
        voting_classifier_shape_calculator,
        _convert_voting,
        options=OPTIONS,
    )


def _convert_frozen(scope, operator, container):
    _convert_held(scope, operator, container, operator.raw_operator.estimator)


def _convert_search(scope, operator, container):
    _convert_held(scope, operator, container, operator.raw_operator.best_estimator_)


def _convert_held(scope, operator, container, held):
    """Give the outputs of the one classifier that another one holds."""
    nodes = Nodes(scope, container)
    for inner, outer in zip(declare_held(scope, operator, held), operator.outputs, strict=True):
        nodes.add("Identity", inner.full_name, output=outer.full_name)


def _convert_calibrated(scope, operator, container):
    model = operator.raw_operator
    if model.method == "isotonic":
        raise ValueError(
            "The probabilities of CalibratedClassifierCV(method='isotonic') cannot be written as "
            "ONNX: skl2onnx does not interpolate. Use method='sigmoid' or 'temperature'."
        )
    if model.method != "temperature":
        convert_sklearn_calibrated_classifier_cv(scope, operator, container)
        return
    nodes = Nodes(scope, container)
    parts = []
    for each in model.calibrated_classifiers_:
        if hasattr(each.estimator, "decision_function"):
            raise ValueError(
                f"A temperature of {type(each.estimator).__name__} cannot be written as ONNX: only "
                "of classifiers without decision_function."
            )
        _, probabilities = declare_held(scope, operator, each.estimator)
        x = nodes.add("Add", nodes.cast(probabilities.full_name, np.float32), np.float32(EPSILON))
        x = nodes.add("Mul", nodes.add("Log", x), np.float32(each.calibrators[0].beta_))
        parts.append(nodes.add("Softmax", x, axis=-1))
    add_outputs(nodes, operator, nodes.mean(parts))


def _refuse_threshold(scope, operator, container):
    raise ValueError(
        f"The threshold of {type(operator.raw_operator).__name__} cannot be written as ONNX. Write "
        "the classifier inside, and compare its probabilities with the threshold."
    )


def _convert_max_abs_scaler(scope, operator, container):
    if operator.raw_operator.clip:
        raise ValueError(
            "MaxAbsScaler(clip=True) cannot be written as ONNX: skl2onnx does not clip. Use "
            "clip=False, or MinMaxScaler."
        )
    convert_sklearn_scaler(scope, operator, container)


def _convert_voting(scope, operator, container):
    model = operator.raw_operator
    # skl2onnx refuses flatten_transform=True, the default, which only `transform` reads, and
    # weights in a list.
    operator.raw_operator = plain = copy.copy(model)
    plain.flatten_transform = False
    plain.weights = None if model.weights is None else np.asarray(model.weights)
    try:
        convert_voting_classifier(scope, operator, container)
    finally:
        operator.raw_operator = model
