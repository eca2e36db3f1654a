import json

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import binomtest, ttest_rel
from sklearn import metrics
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from support import mlp, tiny

import skdigits
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error
from skdigits.model_selection import Run, compare, evaluate
from skdigits.model_selection._model_results import (
    Outcome,
    compare_outcomes,
    paired_t_test,
    summarize,
)
from skdigits.preprocessing import DigitNormalizer, PixelScaler


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:400], y[:400], X[400:700], y[400:700]


@pytest.fixture(scope="module")
def on_test_split(digits):
    X, y, X_test, y_test = digits
    models = {"bayes": GaussianNB(), "linear": LinearSVC(random_state=0)}
    return compare(models, X, y, X_test=X_test, y_test=y_test)


def test_measures_are_those_of_scikit_learn(digits, on_test_split):
    X, y, X_test, y_test = digits
    fitted = GaussianNB().fit(X, y)
    predicted, probability = fitted.predict(X_test), fitted.predict_proba(X_test)
    result = on_test_split["bayes"]
    (run,) = result.runs
    assert run.accuracy == metrics.accuracy_score(y_test, predicted)
    assert run.macro_f1 == metrics.f1_score(y_test, predicted, average="macro")
    assert run.log_loss == pytest.approx(metrics.log_loss(y_test, probability))
    calibration = expected_calibration_error(y_test, probability)
    assert run.expected_calibration_error == pytest.approx(calibration)
    assert result.mean["expected_calibration_error"] == run.expected_calibration_error
    assert run.fit_seconds > 0
    assert run.predict_seconds > 0
    assert result.confusion == metrics.confusion_matrix(y_test, predicted).tolist()
    report = metrics.classification_report(y_test, predicted, output_dict=True)
    for row in result.per_class:
        expected = report[str(row["label"])]
        assert row["precision"] == pytest.approx(expected["precision"])
        assert row["recall"] == pytest.approx(expected["recall"])
        assert row["f1"] == pytest.approx(expected["f1-score"])
        assert row["support"] == expected["support"]
    wrong = np.flatnonzero(predicted != y_test)
    assert result.mistakes["index"] == wrong.tolist()
    assert result.mistakes["label"] == y_test[wrong].tolist()
    assert result.mistakes["predicted"] == predicted[wrong].tolist()
    np.testing.assert_allclose(result.mistakes["probability"], probability[wrong].max(axis=1))


class Counting(skdigits.MLPClassifier):
    """Keeps the number of images of each prediction."""

    predictions: list = []

    def predict_proba(self, X):
        self.predictions.append(len(X))
        return super().predict_proba(X)


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda it: it, marks=pytest.mark.slow),
        lambda it: make_pipeline(PixelScaler(), it),
    ],
)
def test_a_network_predicts_each_image_once(wrap):
    X, y = tiny()
    Counting.predictions.clear()
    network = Counting((4,), epochs=1)
    compared = compare({"network": wrap(network)}, X, y, X_test=X[:20], y_test=y[:20])
    assert Counting.predictions == [20]
    assert compared["network"].runs[0].log_loss is not None


def test_a_model_whose_labels_are_not_its_most_probable_ones(digits):
    X, y, X_test, y_test = digits
    y, y_test = y == 8, y_test == 8
    model = FixedThresholdClassifier(GaussianNB(), threshold=1 - 1e-9)
    (run,) = compare({"sure": model}, X, y, X_test=X_test, y_test=y_test)["sure"].runs
    fitted = clone(model).fit(X, y)
    assert (
        run.accuracy == fitted.score(X_test, y_test) != GaussianNB().fit(X, y).score(X_test, y_test)
    )


def test_a_model_without_probabilities_has_neither_log_loss_nor_calibration(on_test_split):
    result = on_test_split["linear"]
    for measure in ("log_loss", "expected_calibration_error"):
        assert getattr(result.runs[0], measure) is None
        assert result.mean[measure] is None
    assert set(result.mistakes["probability"]) == {None}


def test_runs_stored_before_calibration_was_measured_are_summed_up_without_it():
    stored = {"accuracy": 0.5, "macro_f1": 0.5, "log_loss": 0.7, "history": {}}
    stored |= {"fit_seconds": 1.0, "predict_seconds": 0.1}
    old, new = Run(**stored), Run(**stored, expected_calibration_error=0.2)
    outcomes = [Outcome(run, None, [[1, 1], [1, 1]], {"index": []}) for run in (old, new)]
    for runs in (outcomes[:1], outcomes):
        result = summarize("bayes", "GaussianNB()", runs, [0, 1])
        assert result.mean["expected_calibration_error"] is None
        assert result.std["expected_calibration_error"] is None
        assert result.mean["log_loss"] == 0.7
    assert summarize("bayes", "", outcomes[1:], [0, 1]).mean["expected_calibration_error"] == 0.2


def test_it_prints_as_its_table_and_is_a_frame(on_test_split):
    lines = repr(on_test_split).splitlines()
    assert lines[0].split()[:3] == ["Model", "Accuracy", "Macro"]
    assert [line.split()[0] for line in lines[1:]] == ["linear", "bayes"]
    assert f"{100 * on_test_split['linear'].mean['accuracy']:.2f}" in lines[1]
    frame = on_test_split.to_frame()
    assert list(frame.index) == ["linear", "bayes"]
    assert frame.loc["bayes", "log_loss"] == on_test_split["bayes"].mean["log_loss"]
    assert np.isnan(frame.loc["linear", "log_loss"])
    assert frame.loc["linear", "n_parameters"] == on_test_split["linear"].n_parameters
    assert "accuracy_std" not in frame


def test_a_table_with_folds_fits_and_its_frame_has_the_spread(digits):
    X, y, *_ = digits
    folds = compare({"bayes": GaussianNB(), "tree": DecisionTreeClassifier()}, X, y, cv=2)
    lines = repr(folds).splitlines()
    assert max(map(len, lines)) <= 80
    spread = folds[folds.best].std["accuracy"]
    assert any(f"± {100 * spread:.2f}" in line for line in lines)
    assert folds.to_frame().loc[folds.best, "accuracy_std"] == spread


def test_the_best_is_compared_with_the_others_image_by_image(digits, on_test_split):
    X, y, X_test, y_test = digits
    right = {
        "bayes": GaussianNB().fit(X, y).predict(X_test) == y_test,
        "linear": LinearSVC(random_state=0).fit(X, y).predict(X_test) == y_test,
    }
    best = on_test_split.best
    (other,) = set(right) - {best}
    assert right[best].sum() > right[other].sum()
    assert on_test_split[best].against_best is None
    test = on_test_split[other].against_best
    assert test["only_best_right"] == np.sum(right[best] & ~right[other])
    assert test["only_this_right"] == np.sum(right[other] & ~right[best])
    n_right = test["only_best_right"], test["only_this_right"]
    assert test["p_value"] == pytest.approx(binomtest(n_right[0], sum(n_right)).pvalue)


def test_folds_are_stratified_shuffled_and_seeded(digits):
    X, y, *_ = digits
    comparison = compare({"bayes": GaussianNB()}, X, y, cv=3, random_state=7)
    folds = StratifiedKFold(3, shuffle=True, random_state=7)
    predicted = cross_val_predict(GaussianNB(), X, y, cv=folds)
    accuracies = [np.mean(predicted[test] == y[test]) for _, test in folds.split(X, y)]
    result = comparison["bayes"]
    assert [run.accuracy for run in result.runs] == pytest.approx(accuracies)
    assert result.mean["accuracy"] == pytest.approx(np.mean(accuracies))
    assert result.std["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert sorted(result.mistakes["index"]) == np.flatnonzero(predicted != y).tolist()
    assert comparison.n_folds == 3
    assert comparison.n_evaluated == len(y)


def test_a_splitter_is_taken_as_it_is(digits):
    X, y, *_ = digits
    result = compare({"bayes": GaussianNB()}, X, y, cv=KFold(2))["bayes"]
    expected = np.mean(cross_val_predict(GaussianNB(), X, y, cv=KFold(2)) == y)
    assert result.mean["accuracy"] == pytest.approx(expected)


def test_splits_that_repeat_images_count_each_image_once(digits):
    X, y = digits[0][:60], digits[1][:60]
    # The majority on each image would give twice the p-value.
    models = {"bayes": GaussianNB(), "neighbors": KNeighborsClassifier()}
    splitter = RepeatedStratifiedKFold(n_splits=2, n_repeats=5, random_state=0)
    comparison = compare(models, X, y, cv=splitter)
    assert (comparison.n_images, comparison.n_evaluated, comparison.n_folds) == (60, 300, 10)
    n_right = {name: np.zeros(60, int) for name in models}
    for train, test in splitter.split(X, y):
        for name, model in models.items():
            n_right[name][test] += clone(model).fit(X[train], y[train]).predict(X[test]) == y[test]
    best, other = comparison.best, next(name for name in models if name != comparison.best)
    n_best = int(np.sum(n_right[best] > n_right[other]))
    n_other = int(np.sum(n_right[best] < n_right[other]))
    test = comparison[other].against_best
    assert (test["only_best_right"], test["only_this_right"]) == (n_best, n_other)
    leads = n_right[best] - n_right[other]
    sums = np.random.default_rng(0).choice([-1, 1], (20_000, 60)) @ leads
    assert test["p_value"] == pytest.approx(np.mean(np.abs(sums) >= leads.sum()), abs=0.02)


def test_a_lead_in_small_splits_only_is_no_evidence():
    y = np.repeat([0, 1], [3, 10])
    X, zeros, ones = np.zeros((13, 1)), np.arange(3), np.arange(3, 13)
    splits = [(np.arange(13), zeros)] * 3 + [(np.arange(13), ones)] * 2
    models = {f"{label}": DummyClassifier(strategy="constant", constant=label) for label in (0, 1)}
    comparison = compare(models, X, y, cv=splits)
    assert comparison.best == "0"
    assert comparison["1"].against_best == {
        "only_best_right": 3,
        "only_this_right": 10,
        "p_value": 1.0,
    }


def test_a_number_of_parameters_that_differs_between_folds_is_not_told():
    y = np.repeat([0, 1, 2], 10)
    X, rows = np.arange(30.0)[:, None], np.arange(30)
    models = {"logistic": LogisticRegression()}
    assert compare(models, X, y, cv=[(rows, rows)] * 2)["logistic"].n_parameters == 6
    assert (
        compare(models, X, y, cv=[(rows, rows), (rows[:20], rows)])["logistic"].n_parameters is None
    )


def test_same_seed_same_numbers(digits):
    X, y, *_ = digits
    models = {"forest": RandomForestClassifier(5)}

    def numbers(seed):
        result = compare(models, X, y, cv=2, random_state=seed)["forest"]
        return [run.accuracy for run in result.runs], result.mistakes

    assert numbers(0) == numbers(0)
    assert numbers(0) != numbers(1)
    first = numbers(np.random.RandomState(3))
    assert first == numbers(np.random.RandomState(3))


def test_several_seeds_give_a_spread_and_a_paired_test():
    X, y = tiny(90)
    data = {"X": X[:60], "y": y[:60], "X_test": X[60:], "y_test": y[60:]}
    models = {"one": mlp(random_state=7), "two": mlp(hidden_layer_sizes=(2,))}
    several = compare(models, **data, n_seeds=3, random_state=4)
    assert several.n_seeds == 3
    assert several.n_evaluated == 90
    for name, model in models.items():
        result = several[name]
        for seed, run in enumerate(result.runs, start=4):
            (alone,) = compare({name: clone(model).set_params(random_state=seed)}, **data)[
                name
            ].runs
            assert run.accuracy == alone.accuracy
            assert run.history == alone.history
        accuracies = [run.accuracy for run in result.runs]
        assert result.std["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
        assert np.sum(result.confusion) == 90
    best, other = several.best, next(name for name in models if name != several.best)
    ours, theirs = ([run.accuracy for run in several[name].runs] for name in (best, other))
    test = several[other].against_best
    assert test["mean"] == pytest.approx(np.mean(ours) - np.mean(theirs))
    assert test["n_won"] == np.sum(np.greater(ours, theirs))
    if np.ptp(np.subtract(ours, theirs)) > 0:
        assert test["p_value"] == pytest.approx(ttest_rel(ours, theirs).pvalue)


@pytest.mark.parametrize(
    ("ours", "theirs"), [([0.9, 0.8], [0.8, 0.7]), ([34 / 35, 30 / 35], [33 / 35, 29 / 35])]
)
def test_leads_that_differ_by_rounding_are_equal(ours, theirs):
    assert np.ptp(np.subtract(ours, theirs)) > 0
    assert paired_t_test(ours, theirs) is None


def test_the_same_lead_with_every_seed_is_tested_over_the_images():
    X, y = tiny()
    rows = X.reshape(len(X), -1)
    models = {"bayes": GaussianNB(), "again": GaussianNB(), "dummy": DummyClassifier()}
    data = {"X": rows, "y": y, "X_test": rows, "y_test": y}
    several, one = compare(models, **data, n_seeds=3), compare(models, **data)
    for name in ("again", "dummy"):
        test = several[name].against_best
        assert {key: test[key] for key in one[name].against_best} == one[name].against_best
    assert several["dummy"].against_best["n_won"] == 3
    assert several["dummy"].against_best["p_value"] < 0.001
    assert several["again"].against_best["p_value"] == 1.0


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a")])
def test_of_equal_accuracies_in_another_order_the_log_loss_decides(names):
    """Their means differ in the last digit."""
    accuracies = {"a": (0.9, 0.8, 0.7), "b": (0.7, 0.9, 0.8), "c": (0.8, 0.7, 0.9)}
    losses = {"a": 0.3, "b": 0.2, "c": 0.1}
    outcomes = {
        name: [
            Outcome(Run(each, each, losses[name], 1.0, 1.0), None, [[1]], {"index": []})
            for each in accuracies[name]
        ]
        for name in names
    }
    comparison = compare_outcomes(
        dict.fromkeys(names, "model"),
        outcomes,
        [0],
        image_shape=[],
        n_train=1,
        n_images=1,
        n_folds=3,
        random_state=0,
    )
    assert comparison.best == "c"
    assert comparison.to_frame().index.tolist() == ["c", "b", "a"]


@pytest.mark.parametrize("swap", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_pictures_of_several_sizes_and_of_one(digits, swap):
    X, y, X_test, y_test = digits
    several = [np.pad(image, n % 3) for n, image in enumerate(X[:60].reshape(-1, 8, 8))]
    data = [(several, y[:60]), (X_test[:60].reshape(-1, 8, 8), y_test[:60])]
    (X, y), (X_test, y_test) = data[::-1] if swap else data
    model = make_pipeline(DigitNormalizer(), mlp())
    (run,) = compare({"m": model}, X, y, X_test=X_test, y_test=y_test)["m"].runs
    assert run.accuracy == clone(model).fit(X, y).score(X_test, y_test)


def test_networks_measure_the_evaluated_images_for_their_curves():
    X, y = tiny(90)
    data = {"X": X[:60], "y": y[:60], "X_test": X[60:], "y_test": y[60:]}
    stops = {"early_stopping": True, "validation_fraction": 0.2}
    models = {"network": mlp(), "stops": mlp(**stops), "watched": mlp(callbacks=[])}
    models["watched"].set_params(callbacks=[keras.callbacks.TerminateOnNaN()])
    found = compare(models, **data, random_state=0)
    (run,) = found["network"].runs
    assert run.has_test_curves
    assert run.history["val_accuracy"][-1] == pytest.approx(run.accuracy)
    alone = mlp(random_state=0).fit(X[:60], y[:60])
    assert alone.score(X[60:], y[60:]) == run.accuracy  # the curve has changed nothing
    (run,) = found["stops"].runs
    assert not run.has_test_curves
    assert "val_loss" in run.history
    assert "val_loss" not in found["watched"].runs[0].history


def test_classifiers_of_scikit_learn_get_rows_of_images():
    X, y = tiny()
    rows = X.reshape(len(X), -1)
    models = {
        "tree": DecisionTreeClassifier(random_state=0),
        "search": GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3]}, cv=2),
        "average": AveragingClassifier(RandomForestClassifier(3), n_estimators=2),
        "network": mlp(),
    }
    options = {"cv": 2, "random_state": 0}
    images = compare(models, X, y, **options)
    del models["network"]
    flat = compare(models, rows, y, **options)
    for name in models:
        assert images[name].mean["accuracy"] == flat[name].mean["accuracy"]
    fitted = {"tree": DecisionTreeClassifier().fit(rows, y)}
    assert evaluate(fitted, X, y)["tree"].mean["accuracy"] == 1.0


def test_a_pipeline_that_takes_rows_gets_a_hint():
    X, y = tiny()
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    with pytest.raises(ValueError, match=r"model 'scaled', fold 1 of 2: .*begin a pipeline with"):
        compare({"scaled": scaled}, X, y, cv=2)
    fitted = scaled.fit(X.reshape(len(X), -1), y)
    with pytest.raises(ValueError, match="begin a pipeline with a step that makes rows"):
        evaluate({"scaled": fitted}, X, y)


def test_a_seed_of_the_callers_own_is_kept(digits):
    X, y, X_test, y_test = digits
    model = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=11))
    result = compare({"m": model}, X, y, X_test=X_test, y_test=y_test, random_state=0)["m"]
    assert result.mean["accuracy"] == clone(model).fit(X, y).score(X_test, y_test)


def test_models_are_left_unfitted(digits):
    X, y, X_test, y_test = digits
    model = RandomForestClassifier(2)
    compare({"m": model}, X, y, X_test=X_test, y_test=y_test, random_state=0)
    assert not hasattr(model, "classes_")
    assert model.random_state is None


def test_parameters_are_counted(digits):
    X, y, X_test, y_test = digits
    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
        "mlp": MLPClassifier([5], max_iter=2),
        "bayes": GaussianNB(),
        "no intercept": RidgeClassifier(fit_intercept=False),
    }
    with pytest.warns(match="converge"):
        comparison = compare(models, X, y, X_test=X_test, y_test=y_test, random_state=0)
    assert comparison["logistic"].n_parameters == 64 * 10 + 10
    assert comparison["mlp"].n_parameters == 64 * 5 + 5 + 5 * 10 + 10
    assert comparison["bayes"].n_parameters is None
    assert comparison["no intercept"].n_parameters == 64 * 10 + 1


def test_history_is_kept_for_each_run(digits):
    class WithHistory(GaussianNB):
        def fit(self, X, y):
            self.history_ = {"loss": [np.float32(0.5), len(X)]}
            return super().fit(X, y)

    X, y, *_ = digits
    result = compare({"m": make_pipeline(StandardScaler(), WithHistory())}, X, y, cv=2)["m"]
    assert [run.history for run in result.runs] == [{"loss": [0.5, 200.0]}] * 2


def test_everything_serialises_to_strict_json(on_test_split):
    loaded = json.loads(json.dumps(on_test_split.to_dict(), allow_nan=False))
    assert loaded["best"] == on_test_split.best
    assert loaded["classes"] == list(range(10))
    assert [model["name"] for model in loaded["models"]] == ["bayes", "linear"]


def test_string_labels(digits):
    X, y, X_test, y_test = digits
    names = np.array(["zero", "one", *"23456789"])
    models = {"bayes": GaussianNB()}
    comparison = compare(models, X, names[y], X_test=X_test, y_test=names[y_test])
    assert comparison.classes == sorted(names.tolist())
    assert json.dumps(comparison.to_dict())


def test_progress_sees_folds_and_steps_and_ends_at_one(digits):
    X, y, *_ = digits
    seen = []
    compare(
        {"logistic": make_pipeline(StandardScaler(), LogisticRegression()), "bayes": GaussianNB()},
        X,
        y,
        cv=2,
        progress=lambda *report: seen.append(report),
    )
    stages = [stage for name, _, stage in seen if name == "logistic"]
    assert stages[0] == "fold 1 of 2, fitting"
    assert any(stage.startswith("fold 2 of 2, step 3 of") for stage in stages)
    for name in ("logistic", "bayes"):
        fractions = [fraction for of, fraction, _ in seen if of == name]
        assert fractions == sorted(fractions)
        assert fractions[0] == 0.0
        assert fractions[-1] == 1.0


def test_progress_of_an_unknown_length_is_none(digits):
    X, y, X_test, y_test = digits
    seen = []
    compare(
        {"bayes": GaussianNB()},
        X,
        y,
        X_test=X_test,
        y_test=y_test,
        progress=lambda *report: seen.append(report),
    )
    assert seen[0] == ("bayes", None, "fitting")


X3, Y3 = np.zeros((6, 2)), [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"models": {}}, "models is empty"),
        ({}, "Give either X_test and y_test, or cv"),
        ({"cv": 2, "X_test": X3, "y_test": Y3}, "Give either X_test and y_test, or cv"),
        ({"X_test": X3}, "Give both X_test and y_test, or neither"),
        ({"cv": 1}, "cv must be at least 2 folds, got 1"),
        ({"cv": 2, "n_seeds": 2}, "either cv or n_seeds"),
        (
            {"X_test": X3, "y_test": Y3, "n_seeds": 0},
            "The 'n_seeds' parameter of compare must be an int in",
        ),
        ({"cv": 4}, "cv=4 folds need 4 images of every class; class 0 has 3"),
        ({"X_test": X3, "y_test": [0, 0, 0, 1, 1, 2]}, "y_test has labels that y lacks: 2"),
        ({"y": [0, 1]}, "images, and y has 2 labels"),
        ({"X_test": X3, "y_test": [0]}, "and y_test has 1 labels"),
        ({"X_test": np.zeros((6, 3)), "y_test": Y3}, r"X_test has images of shape \(3,\)"),
        ({"X_test": np.zeros((0, 2)), "y_test": Y3[:0]}, "X_test has no images"),
        ({"y": [1] * 6, "cv": 2}, "y holds one class only, 1"),
        ({"y": ["a", "a", "a", 1, 1, 1.5], "cv": 2}, "one type; it has strings and 1"),
        ({"y": ["a", "a", "a", "b", "b", None], "cv": 2}, "NaN or None, for 1 of 6 images"),
        ({"X": iter(X3), "cv": 2}, r"np\.stack\(list\(data\)\)"),
        ({"X": {"image": X3}, "cv": 2}, r"X\['image'\]"),
        ({"y": [0.5, 1.5, 2.5] * 2, "cv": 2}, "Unknown label type: continuous"),
        ({"y": np.eye(6), "cv": 2}, "y should be a 1d array.* y.argmax"),
        ({"cv": GroupKFold(2)}, r"needs groups\. .*cv=list\(splitter\.split\(X, y, groups\)\)"),
        ({"cv": KFold(2)}, "Split 1 of 2 has training images of one class only"),
        ({"cv": [(np.arange(6), [])]}, "Split 1 of 1 has no images to evaluate on"),
        ({"models": [("a", GaussianNB()), ("a", GaussianNB())]}, "models have the name 'a'"),
        ({"y": np.array(["2020-01-01"] * 6, "M8[D]"), "cv": 2}, "strings, numbers or booleans"),
        ({"models": {1: GaussianNB()}, "cv": 2}, "name of a model must be a string, got 1"),
        ({"models": GaussianNB(), "cv": 2}, "a list of classifiers; got GaussianNB"),
        ({"models": "mlp", "cv": 2}, "a list of classifiers; got str"),
        ({"models": [GaussianNB], "cv": 2}, "'GaussianNB' is not a classifier"),
        ({"models": {"scaler": StandardScaler()}, "cv": 2}, "'scaler' is not a classifier"),
        (
            {"models": {"m": GridSearchCV(GaussianNB(), {}, refit=False)}},
            "'m' will have no predict",
        ),
    ],
)
def test_bad_input_is_told_before_any_fit(arguments, message):
    class Untouchable(GaussianNB):
        def fit(self, X, y):
            raise AssertionError("fitted in spite of bad input")

    arguments = {"models": {"m": Untouchable()}, "X": X3, "y": Y3} | arguments
    with pytest.raises((TypeError, ValueError), match=message):
        compare(**arguments)


def stack():
    """Return a classifier whose `predict` appears with its fit, for lack of a final estimator."""
    return StackingClassifier([("bayes", GaussianNB())], cv=2)


@pytest.mark.parametrize(
    "model",
    [stack(), make_pipeline(StandardScaler(), stack()), GridSearchCV(stack(), {"cv": [2]}, cv=2)],
)
def test_models_that_predict_only_after_their_fit(model):
    X, y = tiny()
    X = X.reshape(len(X), -1)
    found = compare({"m": model}, X, y, X_test=X, y_test=y)["m"]
    assert found.mean["accuracy"] == clone(model).fit(X, y).score(X, y)


def test_a_frozen_classifier_is_for_evaluate_alone(digits):
    X, y, X_test, y_test = digits
    frozen = FrozenEstimator(GaussianNB().fit(X, y))
    for model in (frozen, make_pipeline(StandardScaler(), frozen)):
        with pytest.raises(TypeError, match=r"'m' is frozen, .* skdigits.model_selection.evaluate"):
            compare({"m": model}, X, y, X_test=X_test, y_test=y_test)
    found = evaluate({"m": frozen}, X_test, y_test)["m"]
    assert found.mean["accuracy"] == frozen.score(X_test, y_test)
    inside = {"m": CalibratedClassifierCV(frozen)}
    assert compare(inside, X, y, X_test=X_test, y_test=y_test)["m"].mean["accuracy"] > 0.5


def test_a_list_of_models_is_named_by_class(digits):
    X, y, X_test, y_test = digits
    bayes = make_pipeline(StandardScaler(), GaussianNB(var_smoothing=1e-3))
    models = [GaussianNB(), bayes, ("mine", GaussianNB()), LinearSVC(tol=1)]
    comparison = compare(models, X, y, X_test=X_test, y_test=y_test)
    names = ["GaussianNB-1", "GaussianNB-2", "mine", "LinearSVC"]
    assert [model.name for model in comparison.models] == names
    assert comparison["GaussianNB-2"].mean["accuracy"] == bayes.fit(X, y).score(X_test, y_test)


LABELS = {
    "strings": lambda y: y.astype(str),
    "objects": lambda y: y.astype(str).astype(object),
    "numpy's and Python's": lambda y: np.array([int(n) if n % 2 else n for n in y], dtype=object),
    "negative": lambda y: y - 5,
    "bytes": lambda y: y.astype(np.int8),
    "floats": lambda y: y / 1,
    "booleans": lambda y: y > 4,
    "two": lambda y: np.where(y > 4, "high", "low"),
    "categories": lambda y: pd.Series(y.astype(str), index=y + 7).astype("category"),
    "nullable": lambda y: pd.Series(y, dtype="Int64"),
    "list": lambda y: [np.str_(n) if n % 2 else str(n) for n in y],
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_type(digits, kind):
    X, y, X_test, y_test = digits
    y, y_test = LABELS[kind](y), LABELS[kind](y_test)
    result = compare({"bayes": GaussianNB()}, X, y, X_test=X_test, y_test=y_test)
    plain = [np.asarray(labels).tolist() for labels in (y, y_test)]
    fitted = GaussianNB().fit(X, plain[0])
    assert result.classes == fitted.classes_.tolist()
    assert result["bayes"].mean["accuracy"] == fitted.score(X_test, plain[1])
    assert set(map(type, result.classes)) == set(map(type, fitted.classes_.tolist()))
    json.dumps(result.to_dict(), allow_nan=False)


def test_labels_of_the_test_set_may_be_of_another_type(digits):
    X, y, X_test, y_test = digits
    result = compare({"bayes": GaussianNB()}, X, y, X_test=X_test, y_test=y_test.astype(float))
    assert {type(label) for label in result["bayes"].mistakes["label"]} == {int}


def test_a_test_set_without_some_classes(digits):
    X, y, X_test, y_test = digits
    few = y_test < 3
    result = compare({"bayes": GaussianNB()}, X, y, X_test=X_test[few], y_test=y_test[few])
    predicted = GaussianNB().fit(X, y).predict(X_test[few])
    found = set(predicted.tolist()) | {0, 1, 2}
    assert len(found) not in (3, 10)  # or the test would show nothing
    expected = metrics.f1_score(y_test[few], predicted, average="macro")
    assert result["bayes"].mean["macro_f1"] == expected
    for row in result["bayes"].per_class:
        known = row["label"] in found
        assert (row["precision"] is not None) == (row["f1"] is not None) == known
        assert (row["recall"] is not None) == (row["label"] < 3)
        assert (row["support"] > 0) == (row["label"] < 3)


def test_a_class_that_a_fold_did_not_learn_has_no_probability(digits):
    X, y, *_ = digits
    X, y = X[y < 3], y[y < 3]
    order = np.argsort(y, kind="stable")
    X, y, cv = X[order], y[order], KFold(3)
    result = compare({"bayes": GaussianNB(), "linear": LinearSVC(tol=1)}, X, y, cv=cv)["bayes"]
    for run, (train, test) in zip(result.runs, cv.split(X), strict=True):
        fitted = GaussianNB().fit(X[train], y[train])
        probability = np.zeros((len(test), 3))
        probability[:, fitted.classes_] = fitted.predict_proba(X[test])
        loss = metrics.log_loss(y[test], probability, labels=[0, 1, 2])
        assert run.log_loss == pytest.approx(loss)
        assert run.expected_calibration_error <= 1


def test_a_split_as_long_as_the_data_is_no_more_than_it_says(digits):
    X, y, *_ = digits
    half = np.arange(400) % 200
    result = compare({"bayes": GaussianNB()}, X, y, cv=[(half, np.arange(200, 400))])["bayes"]
    expected = GaussianNB().fit(X[half], y[half]).score(X[200:], y[200:])
    assert result.mean["accuracy"] == expected


def test_data_frames_keep_their_names(digits):
    X, y, *_ = digits
    frame = pd.DataFrame(X).add_prefix("pixel")
    some = make_column_transformer((StandardScaler(), ["pixel20", "pixel30"]))
    model = make_pipeline(some, GaussianNB())
    result = compare({"some": model}, frame, pd.Series(y), cv=KFold(2))["some"]
    expected = np.mean(cross_val_predict(model, frame, y, cv=KFold(2)) == y)
    assert result.mean["accuracy"] == pytest.approx(expected)


def test_sparse_rows(digits):
    X, y, *_ = digits
    model = SVC(kernel="linear")
    sparse = compare({"m": model}, csr_array(X), y, cv=2, random_state=0)["m"]
    dense = compare({"m": model}, X, y, cv=2, random_state=0)["m"]
    assert sparse.mean["accuracy"] == pytest.approx(dense.mean["accuracy"], abs=0.01)


def test_networks_in_searches_averages_and_calibration():
    X, y = tiny()
    models = {
        "plain": mlp(),
        "search": GridSearchCV(mlp(), {"epochs": [2]}, cv=2),
        "average": AveragingClassifier(mlp(), n_estimators=2),
        "calibrated": CalibratedClassifierCV(mlp(), cv=2),
    }
    comparison = compare(models, X, y, X_test=X, y_test=y, random_state=0)
    average = AveragingClassifier(mlp(), n_estimators=2, random_state=0).fit(X, y)
    members = [member.history_["loss"] for member in average.estimators_]
    histories = {name: comparison[name].runs[0].history for name in models}
    assert histories["search"] == mlp().fit(X, y).history_
    assert histories["plain"] == mlp().fit(X, y, X_val=X, y_val=y).history_
    np.testing.assert_allclose(histories["average"]["loss"], np.mean(members, axis=0))
    assert len(histories["calibrated"]["loss"]) == 2
    n = comparison["plain"].n_parameters
    assert [comparison[name].n_parameters for name in models] == [n, n, 2 * n, 2 * n]


def test_a_history_of_another_form_is_left_out(digits):
    class Other(GaussianNB):
        def fit(self, X, y):
            self.history_ = [{"train_loss": 0.5}]
            return super().fit(X, y)

    X, y, *_ = digits
    assert compare({"m": Other()}, X, y, cv=2)["m"].runs[0].history == {}


def test_an_error_in_a_fit_names_the_model():
    with pytest.raises(ValueError, match="NaN") as caught:
        compare({"the bad one": LogisticRegression()}, np.full((6, 2), np.nan), Y3, cv=2)
    assert str(caught.value).startswith("model 'the bad one', fold 1 of 2: ")


def test_an_error_without_a_plain_message_gets_a_note():
    class Fails(GaussianNB):
        def fit(self, X, y):
            raise OSError(28, "disk full")

    with pytest.raises(OSError, match="disk full") as caught:
        compare({"the bad one": Fails()}, X3, Y3, cv=2)
    assert caught.value.__notes__ == ["model 'the bad one', fold 1 of 2"]


# Models that are fitted already


def test_evaluate_gives_what_compare_measures(digits, on_test_split):
    X, y, X_test, y_test = digits
    models = {"bayes": GaussianNB(), "linear": LinearSVC(random_state=0)}
    fitted = {name: model.fit(X, y) for name, model in models.items()}
    found = evaluate(fitted, X_test, y_test).to_dict()
    expected = on_test_split.to_dict()
    assert found.pop("n_train") is None
    assert expected.pop("n_train") == 400
    for each in (found, expected):
        for model in each["models"]:
            for part in (model["mean"], model["std"], *model["runs"]):
                seconds = part.pop("fit_seconds")
                assert (seconds is None) == (each is found or part is model["std"])
                part.pop("predict_seconds")
    assert found == expected


def test_evaluate_needs_not_all_classes(digits):
    X, y, X_test, y_test = digits
    some = y_test < 5
    result = evaluate([GaussianNB().fit(X, y)], X_test[some], y_test[some])
    assert result.classes == list(range(10))
    assert result.n_evaluated == some.sum()


@pytest.mark.parametrize(
    ("models", "change", "message"),
    [
        ([GaussianNB()], lambda X, y: (X, y), "not fitted"),
        ([], lambda X, y: (X, y), "models is empty"),
        (None, lambda X, y: (X, y + 5), "y has labels that classes_ lacks: 10, "),
        (None, lambda X, y: (X[:-1], y), "images, and y has"),
        (None, lambda X, y: (X[:, 1:], y), "63 features"),
    ],
)
def test_evaluate_refuses(digits, models, change, message):
    X, y, X_test, y_test = digits
    models = [GaussianNB().fit(X, y)] if models is None else models
    with pytest.raises(ValueError, match=message):
        evaluate(models, *change(X_test, y_test))


def test_evaluate_refuses_models_of_different_classes(digits):
    X, y, X_test, y_test = digits
    models = {"ten": GaussianNB().fit(X, y), "five": GaussianNB().fit(X[y < 5], y[y < 5])}
    with pytest.raises(ValueError, match="'ten' and 'five' have learned different classes"):
        evaluate(models, X_test, y_test)
