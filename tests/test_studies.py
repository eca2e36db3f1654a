import json
import os
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import loguniform, randint, ttest_rel
from support import digits

from skdigits import MLPClassifier
from skdigits.datasets import load_digits
from skdigits.model_selection import search_space
from skdigits.model_selection._search_space import describe_space
from skdigits.networks import build_cnn
from skdigits.studies import (
    STUDIES,
    Experiment,
    KerasObject,
    LayerSizes,
    Model,
    Published,
    Search,
    Study,
    Sweep,
    evaluated_images,
    run_study,
)

TINY = {
    "batch_norm": False,
    "learning_rate": 0.003,
    "weight_decay": None,
    "learning_rate_schedule": "constant",
    "epochs": 2,
    "batch_size": 256,
    "augmentation": None,
    "optimizer": "adam",
}
PLAIN = {name: value for name, value in TINY.items() if name != "epochs"}
NARROW = Model("mlp", {"hidden_layer_sizes": (2,), **TINY})
WIDE = Model("mlp", {"hidden_layer_sizes": (32,), **TINY})

PAIR = Study(
    name="pair",
    title="Narrow and wide",
    question="Is wider better?",
    source="A test.",
    minutes=1,
    experiments=(Experiment("pair", "Pair", ("digits",), {"narrow": NARROW, "wide": WIDE}),),
    published=(
        Published("Half", "pair", "digits", value=0.5, model="wide"),
        Published("Wide ahead", "pair", "digits", model="wide", against="narrow"),
        Published("Learnt", "pair", "digits", value=0.9, model="wide", measure="train_accuracy"),
    ),
    notes=("Ours.",),
)

ALL_KINDS = Study(
    name="kinds",
    title="All kinds",
    question="Does everything work?",
    source="A test.",
    minutes=1,
    experiments=(
        Search(
            "search",
            "Search",
            ("digits",),
            Model("mlp", PLAIN),
            space={"hidden_layer_sizes": LayerSizes((1, 2), (4, 8)), "epochs": (1,)},
            n_iter=2,
            cv=2,
            n_train=200,
        ),
        Experiment(
            "found",
            "Found",
            ("digits",),
            {"found": Model("mlp", {**PLAIN, "dropout": 0.1}, from_search="search")},
        ),
        Sweep(
            "sweep",
            "Sweep",
            ("digits",),
            Model("mlp", TINY),
            grid={
                "hidden_layer_sizes": ((2,), (3,)),
                "kernel_initializer": (KerasObject("initializers.RandomNormal", stddev=0.1),),
            },
            max_seeds=1,
        ),
    ),
    published=(Published("Tenth", "sweep", "digits", value=0.1),),
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return run_study(PAIR, folder=folder, n_seeds=3), folder


@pytest.fixture(scope="module")
def kinds():
    return run_study(ALL_KINDS, n_seeds=2)


def numbers(result):
    """Return a result without what a clock says."""

    def strip(value):
        if isinstance(value, dict):
            clocks = ("fit_seconds", "predict_seconds", "seconds", "mean_fit_time")
            return {key: strip(item) for key, item in value.items() if key not in clocks}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(json.loads(json.dumps(result.to_dict(), allow_nan=False)))


def stopping_at(n_reports):
    """Return a progress callable that interrupts at its n-th report, as Ctrl-C does."""
    reports = []

    def progress(*report):
        reports.append(report)
        if len(reports) == n_reports:
            raise KeyboardInterrupt

    return progress


def test_a_run_is_a_fit_of_the_estimator_with_its_seed(pair):
    result, _ = pair
    X, y = load_digits(return_X_y=True)
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    wide = result.experiments[0].comparison["wide"]
    fitted = MLPClassifier(hidden_layer_sizes=(32,), random_state=1, **TINY).fit(X, y)
    assert wide.runs[1].accuracy == fitted.score(X_test, y_test)
    assert wide.runs[1].history["val_accuracy"][-1] == pytest.approx(wide.runs[1].accuracy)
    assert wide.n_parameters == fitted.n_parameters_
    assert wide.mean["accuracy"] == pytest.approx(np.mean([run.accuracy for run in wide.runs]))
    assert np.sum(wide.confusion) == 3 * len(y_test)
    assert len(wide.mistakes["index"]) == 3 * len(y_test) - np.trace(wide.confusion)
    assert "random_state" not in wide.estimator


def test_models_are_compared_seed_by_seed(pair):
    experiment = pair[0].experiments[0]
    comparison = experiment.comparison
    assert (comparison.best, comparison.n_seeds, comparison.n_folds) == ("wide", 3, None)
    accuracies = {m.name: [run.accuracy for run in m.runs] for m in comparison.models}
    difference = experiment.differences[0]
    assert (difference.best, difference.other, difference.measure) == ("wide", "narrow", "accuracy")
    assert difference.p_value == ttest_rel(accuracies["wide"], accuracies["narrow"]).pvalue
    gaps = np.subtract(accuracies["wide"], accuracies["narrow"])
    assert difference.mean == pytest.approx(gaps.mean())
    assert difference.std == pytest.approx(gaps.std(ddof=1))
    assert (difference.n, difference.n_won) == (3, 3)
    losses = experiment.differences[1]
    assert (losses.measure, losses.n_won) == ("log_loss", 3)
    assert losses.mean < 0
    # several fits meet the same test images: a test image by image would count them again
    assert comparison["narrow"].against_best is None


def test_published_figures_stand_beside_ours(pair):
    half, ahead, learnt = pair[0].published
    models = pair[0].experiments[0].comparison
    assert half.mean == models["wide"].mean["accuracy"]
    assert half.std == models["wide"].std["accuracy"]
    assert half.difference == pytest.approx(half.mean - 0.5)
    assert half.n == 3
    assert ahead.mean == pytest.approx(pair[0].experiments[0].differences[0].mean)
    assert ahead.difference is None
    last = [run.history["accuracy"][-1] for run in models["wide"].runs]
    assert learnt.mean == pytest.approx(np.mean(last))


def test_one_seed_claims_no_spread():
    result = run_study(PAIR, n_seeds=1)
    difference = result.experiments[0].differences[0]
    assert (difference.std, difference.p_value, difference.n) == (None, None, 1)
    assert result.published[0].std is None


def test_a_finished_study_is_not_run_again(pair):
    result, folder = pair
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(before) == 6
    again = run_study(PAIR, folder=folder, n_seeds=3)
    assert again.to_dict() == result.to_dict()  # times too: nothing was measured again
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.parametrize("n_reports", [2, 9])
def test_an_interrupted_study_goes_on_where_it_stopped(tmp_path, pair, n_reports):
    with pytest.raises(KeyboardInterrupt):
        run_study(PAIR, folder=tmp_path, n_seeds=3, progress=stopping_at(n_reports))
    done = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(done) == (n_reports - 1) // 4  # fitting, two epochs, predicting
    result = run_study(PAIR, folder=tmp_path, n_seeds=3)
    assert numbers(result) == numbers(pair[0])
    assert len(list(tmp_path.iterdir())) == 6
    for name, written in done.items():
        assert (tmp_path / name).stat().st_mtime_ns == written


def test_a_search_over_a_distribution_is_taken_over_by_a_later_study(tmp_path):
    def study(highest):  # each has a distribution object of its own, as another process has
        space = {"learning_rate": loguniform(1e-3, highest)}
        search = Search("s", "S", ("digits",), Model("mlp", TINY), space, 1, 2, n_train=60)
        return replace(PAIR, experiments=(search,), published=())

    for highest, n_files in ((1e-2, 1), (1e-2, 1), (2e-2, 2)):
        run_study(study(highest), folder=tmp_path, n_seeds=1)
        assert len(list(tmp_path.iterdir())) == n_files


def test_a_run_whose_settings_changed_is_run_again(tmp_path):
    run_study(PAIR, folder=tmp_path, n_seeds=1)
    slower = Model("mlp", {**WIDE.params, "learning_rate": 1e-5})
    changed = replace(
        PAIR,
        experiments=(replace(PAIR.experiments[0], models={"narrow": NARROW, "wide": slower}),),
    )
    result = run_study(changed, folder=tmp_path, n_seeds=1)
    assert numbers(result) == numbers(run_study(changed, n_seeds=1))
    assert len(list(tmp_path.iterdir())) == 3  # the narrow one is shared


def test_a_run_of_another_version_is_run_again(tmp_path, pair):
    run_study(PAIR, folder=tmp_path, n_seeds=3)
    first, second, *_ = sorted(tmp_path.iterdir())
    for path, version in ((first, "0.0.1"), (second, None)):
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored["versions"]["skdigits"] = version
        if version is None:  # as older versions wrote it
            del stored["versions"]["skdigits"]
        path.write_text(json.dumps(stored), encoding="utf-8")
    again = run_study(PAIR, folder=tmp_path, n_seeds=3)
    assert again.n_taken_over == 5
    assert numbers(again) == numbers(replace(pair[0], n_taken_over=5))


@pytest.mark.slow
def test_another_network_to_begin_with_is_another_run(tmp_path):
    """Its parameters are the same, and so is its text."""
    X, y = digits()
    for n_images, n_files in ((100, 1), (100, 1), (200, 2)):
        body = MLPClassifier((4,), **TINY, random_state=0).fit(X[:n_images], y[:n_images])
        model = Model("mlp", {**TINY, "epochs": 1, "transfer_from": body})
        experiment = replace(PAIR.experiments[0], models={"onto": model})
        study = replace(PAIR, experiments=(experiment,), published=())
        run_study(study, folder=tmp_path, n_seeds=1)
        assert len(list(tmp_path.iterdir())) == n_files


def test_labels_that_are_objects_are_known_again(tmp_path):
    """numpy's bytes of them are addresses, which another copy does not have."""
    X, y = digits()
    for _ in range(2):
        names = np.array([f"digit {label}" for label in y], dtype=object)
        data = {"digits": (X, names, X[:50], names[:50])}
        run_study(PAIR, data=data, folder=tmp_path, n_seeds=1)
        assert len(list(tmp_path.iterdir())) == 2


def test_files_that_are_no_finished_run_are_written_anew(tmp_path, pair):
    run_study(PAIR, folder=tmp_path, n_seeds=3)
    first, second, third, *_ = sorted(tmp_path.iterdir())
    first.write_text(first.read_text(encoding="utf-8")[:200], encoding="utf-8")
    second.write_text("[]", encoding="utf-8")
    other = json.loads(third.read_text(encoding="utf-8"))
    other["settings"]["params"]["epochs"] = 99
    third.write_text(json.dumps(other), encoding="utf-8")
    assert numbers(run_study(PAIR, folder=tmp_path, n_seeds=3)) == numbers(pair[0])
    assert json.loads(third.read_text(encoding="utf-8"))["settings"]["params"]["epochs"] == 2


FORMS = {
    "auto": ("auto", np.array([1, 3])),
    "one number": (np.int64(2), 3),
    "several in a block": (((2, 2), 2), [1, 1]),
}


@pytest.mark.slow
def test_filters_and_kernels_of_every_form(tmp_path):
    small = {**TINY, "hidden_layer_sizes": (), "epochs": 1}
    models = {
        name: Model("cnn", {"filters": filters, "kernel_size": kernel, **small})
        for name, (filters, kernel) in FORMS.items()
    }
    space = {"filters": (2, ((2, 2), 2)), "kernel_size": (1, (1, 3)), "epochs": randint(1, 2)}
    search = Search("s", "S", ("digits",), Model("cnn", small), space, n_iter=1, cv=2, n_train=60)
    models["found"] = Model("cnn", small, from_search="s")
    parts = search, Experiment("models", "M", ("digits",), models)
    study = replace(PAIR, experiments=parts, published=())
    X, y = digits()
    data = {"few": (X[:150], y[:150], X[150:], y[150:])}
    fractions = []
    result = run_study(
        study,
        folder=tmp_path,
        n_seeds=1,
        quick=True,
        data=data,
        progress=lambda *report: fractions.append(report[1]),
    )
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    best, comparison = result.experiments[0].best_params, result.experiments[1].comparison
    assert type(best["epochs"]) is int
    found = {"found": (best["filters"], best["kernel_size"])}
    for name, (filters, kernel) in {**FORMS, **found}.items():
        network = build_cnn(
            (28, 28),
            10,
            filters=filters,
            kernel_size=kernel,
            hidden_layer_sizes=(),
            batch_norm=False,
        )
        assert comparison[name].n_parameters == network.count_params()


def test_an_error_names_the_run():
    bad = Model("mlp", {**TINY, "learning_rate": -1.0})
    experiment = Experiment("pair", "Pair", ("digits",), {"narrow": NARROW, "bad": bad})
    search = Search("tries", "Tries", ("digits",), bad, {"epochs": (1,)}, n_iter=1, cv=2)
    for part, run in ((experiment, "pair, digits, bad, seed 0"), (search, "tries")):
        with pytest.raises(ValueError, match=f"^run '{run}': The 'learning_rate' parameter"):
            run_study(replace(PAIR, experiments=(part,), published=()), n_seeds=1, quick=True)


@pytest.mark.slow
def test_a_sweep_has_every_point(kinds):
    sweep = kinds.experiments[2]
    assert sweep.axes == {
        "hidden_layer_sizes": ["2", "3"],
        "kernel_initializer": ["RandomNormal(stddev=0.1)"],
    }
    assert [point["hidden_layer_sizes"] for point in sweep.points] == ["2", "3"]
    assert [len(point["runs"]) for point in sweep.points] == [1, 1]  # max_seeds
    assert sweep.n_parameters[1] - sweep.n_parameters[0] == 784 + 1 + 10
    (published,) = kinds.published
    lowest = min(point["mean"]["accuracy"] for point in sweep.points)
    assert published.mean == lowest
    assert "Lowest: hidden_layer_sizes" in published.note


def test_what_a_search_found_is_trained(kinds):
    search, found, _ = kinds.experiments
    assert (search.n_iter, search.cv, search.n_train) == (2, 2, 200)
    best = max(search.candidates, key=lambda candidate: candidate["mean_test_score"])
    assert search.best_params == best["params"]
    assert search.best_score == best["mean_test_score"]
    (model,) = found.comparison.models
    assert f"hidden_layer_sizes={search.best_params['hidden_layer_sizes']}" in model.estimator
    assert "dropout=0.1" in model.estimator
    assert len(model.runs[0].history["loss"]) == search.best_params["epochs"]


@pytest.mark.parametrize("given", [{}, {"epochs": 40}])
def test_a_quick_search_without_epochs_is_short_and_so_is_what_it_finds(tmp_path, given):
    params = PLAIN | given
    space = {"hidden_layer_sizes": ((2,), (3,))}
    search = Search("s", "S", ("digits",), Model("mlp", params), space, n_iter=2, cv=2)
    found = Experiment("found", "F", ("digits",), {"found": Model("mlp", params, "s")})
    study = replace(PAIR, experiments=(search, found), published=())
    result = run_study(study, folder=tmp_path, n_seeds=1, quick=True)
    assert len(result.experiments[1].comparison["found"].runs[0].history["loss"]) == 3
    stored = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()]
    assert [each["settings"]["params"]["epochs"] for each in stored] == [3, 3]


@pytest.mark.filterwarnings("ignore:The total space of parameters 2 is smaller than n_iter")
def test_a_search_counts_the_candidates_that_there_are():
    space = {"hidden_layer_sizes": ((2,), (3,))}
    search = Search("s", "S", ("digits",), Model("mlp", TINY), space, 20, 2, n_train=60)
    (result,) = run_study(replace(PAIR, experiments=(search,), published=())).experiments
    assert result.n_iter == len(result.candidates) == 2


def test_same_seeds_same_numbers(kinds):
    assert numbers(run_study(ALL_KINDS, n_seeds=2)) == numbers(kinds)


def test_the_test_images_do_not_choose_an_epoch():
    """A score on held-out images does, or the training loss, beside which they are measured."""
    stopping = {
        "held out": Model("mlp", {**TINY, "early_stopping": True}),
        "loss": Model("mlp", {**TINY, "early_stopping": True, "validation_fraction": None}),
    }
    study = replace(
        PAIR, experiments=(Experiment("pair", "Pair", ("digits",), stopping),), published=()
    )
    (experiment,) = run_study(study, n_seeds=1).experiments
    runs = {name: experiment.comparison[name].runs[0] for name in stopping}
    assert runs["held out"].accuracy not in runs["held out"].history["val_accuracy"]
    assert runs["loss"].accuracy == pytest.approx(runs["loss"].history["val_accuracy"][-1])


def test_progress_grows_to_one_and_is_of_what_is_left(tmp_path):
    def reports():
        seen = []
        run_study(ALL_KINDS, folder=tmp_path, n_seeds=1, progress=lambda *r: seen.append(r))
        return seen

    fractions = [fraction for _, fraction, _ in reports()]
    assert fractions == sorted(fractions)
    for path in tmp_path.glob("sweep-*"):
        path.unlink()
    first, *_, last = reports()
    assert first[:2] == ("kinds", 0.0)
    assert first[2].startswith("run 3 of 4: sweep, digits, 2, RandomNormal")
    assert last == ("kinds", 1.0, "done")


def test_all_fits_count_the_same_those_of_a_search_too():
    begun = {}  # the fraction at the first report of each run
    run_study(ALL_KINDS, n_seeds=1, progress=lambda _, f, stage: begun.setdefault(stage[:5], f))
    search, found, sweep = 2 * 2, 1, 2
    n_fits = search + found + sweep
    assert begun == {
        "run 1": 0.0,
        "run 2": pytest.approx(4 / n_fits),
        "run 3": pytest.approx(5 / n_fits),
        "run 4": pytest.approx(6 / n_fits),
        "done": 1.0,
    }


def test_evaluated_images_are_those_of_the_mistakes(pair):
    X, y, class_names = evaluated_images(pair[0])["digits"]
    mistakes = pair[0].experiments[0].comparison["narrow"].mistakes
    assert X.shape == (355, 28, 28)
    assert y[mistakes["index"]].tolist() == mistakes["label"]
    assert class_names == list("0123456789")


def test_classes_are_compared_seed_by_seed(pair):
    result, folder = pair
    recalls = {"narrow": [], "wide": []}
    for path in sorted(folder.iterdir()):  # by model, then by seed
        run = json.loads(path.read_text(encoding="utf-8"))
        matrix = np.array(run["result"]["confusion"])
        name = "wide" if "wide" in path.name else "narrow"
        recalls[name].append(np.diag(matrix) / matrix.sum(axis=1))
    wide, narrow = np.array(recalls["wide"]), np.array(recalls["narrow"])
    found = result.experiments[0].class_differences
    assert [each.label for each in found] == list(range(10))
    np.testing.assert_allclose([each.mean for each in found], np.mean(wide - narrow, axis=0))
    p_values = sorted(ttest_rel(wide, narrow).pvalue)
    adjusted = np.minimum(np.maximum.accumulate(p_values * np.arange(10, 0, -1)), 1.0)
    np.testing.assert_allclose(sorted(each.p_value for each in found), adjusted)


@pytest.mark.parametrize("n_seeds", [0, -1, 1.5, "2"])
def test_bad_seeds_are_told_first(n_seeds):
    with pytest.raises(ValueError, match="'n_seeds' parameter of run_study must be an int in"):
        run_study(PAIR, n_seeds=n_seeds)


def test_data_of_another_study_are_refused():
    with pytest.raises(ValueError, match=r"'pair' does not use 'mnist'; its data sets are digits"):
        run_study(PAIR, data=["mnist"])


# What is declared, against the published studies


def experiments(name):
    return {experiment.name: experiment for experiment in STUDIES[name].experiments}


def assert_params(model, **expected):
    assert {name: model.params[name] for name in expected} == expected


def test_every_study_trains_as_published_at_a_constant_rate():
    ours = experiments("ann-search")["models"].models["CNN"]
    for study in STUDIES.values():
        for experiment in study.experiments:
            models = getattr(experiment, "models", None) or {"": experiment.model}
            for model in models.values():
                if model is not ours:
                    assert_params(model, learning_rate_schedule="constant")
                assert_params(model, optimizer="adam")


def test_no_study_leaves_its_loss_to_auto_which_may_smooth_labels():
    for name, study in STUDIES.items():
        for experiment in study.experiments:
            models = getattr(experiment, "models", None) or {"": experiment.model}
            assert all(model.params["loss"] != "auto" for model in models.values()), name


def test_activation_is_declared_as_published():
    for name, epochs, batch_size in (("scenario-1", 25, 32), ("scenario-2", 10, 10)):
        experiment = experiments("activation")[name]
        assert experiment.data == ("mnist",)
        assert set(experiment.models) == {"relu", "tanh"}
        for activation, model in experiment.models.items():
            assert model.estimator == "mlp"
            assert_params(
                model,
                activation=activation,
                hidden_layer_sizes=(256,),
                loss="categorical_crossentropy",
                dropout=0.0,
                learning_rate=0.001,
                epochs=epochs,
                batch_size=batch_size,
            )


def test_cnn_vs_mlp_is_declared_as_published():
    experiment = experiments("cnn-vs-mlp")["models"]
    assert experiment.data == ("mnist", "fashion")
    models = experiment.models
    for model in models.values():
        assert_params(model, batch_size=64, epochs=10)
    assert_params(models["CNN"], filters=(32, 32), kernel_size=3, hidden_layer_sizes=(128,))
    assert_params(models["CNN"], learning_rate=0.001, dropout=0.0)
    assert_params(models["CNN tuned"], filters=(64, 64), kernel_size=5, dropout=0.5)
    assert_params(models["CNN tuned"], learning_rate=0.0001, hidden_layer_sizes=(128,))
    assert_params(models["MLP"], hidden_layer_sizes=(128, 64), dropout=(0.5, 0.0))
    assert_params(models["MLP"], learning_rate=0.001)
    assert_params(models["MLP tuned"], hidden_layer_sizes=(256, 128), dropout=(0.3, 0.0))
    assert_params(models["MLP tuned"], learning_rate=0.0001)
    claims = {(p.model, p.data): p.value for p in STUDIES["cnn-vs-mlp"].published}
    assert claims == {
        ("CNN", "mnist"): 0.99,
        ("CNN", "fashion"): 0.88,
        ("MLP", "mnist"): 0.97,
        ("MLP", "fashion"): 0.87,
    }


def test_binary_is_declared_as_published():
    nodes, sweep = experiments("binary").values()
    initializers = [
        "RandomNormal(mean=0.0, stddev=1.0)",
        "TruncatedNormal(mean=0.0, stddev=0.05)",
        "RandomUniform(minval=-0.05, maxval=0.05)",
    ]
    for model in (*nodes.models.values(), sweep.model):
        assert_params(
            model,
            output_activation="sigmoid",
            loss="categorical_crossentropy",
            learning_rate=0.01,
            epochs=100,
            early_stopping=True,
            validation_fraction=None,
            n_iter_no_change=9,
        )
    assert [repr(m.params["kernel_initializer"]) for m in nodes.models.values()] == initializers
    assert {m.params["hidden_layer_sizes"] for m in nodes.models.values()} == {(14,)}
    assert sweep.grid["hidden_layer_sizes"] == tuple((n,) for n in range(2, 21))
    assert [repr(value) for value in sweep.grid["kernel_initializer"]] == initializers
    assert sweep.grid["batch_size"] == (32, 25)
    assert nodes.data == sweep.data == ("binary",)


def test_ann_search_is_declared_as_published():
    search, models = experiments("ann-search").values()
    full = describe_space(search_space(MLPClassifier(), size="full"))
    ours = {name: search.space[name] for name in ("learning_rate", "batch_size")}
    assert describe_space(ours) == {name: full[name] for name in ours}
    assert set(search.space) == {"hidden_layer_sizes", "learning_rate", "epochs", "batch_size"}
    assert len(search.space["hidden_layer_sizes"].n_layers) > 1
    ablation = [model for model in models.models.values() if model.from_search == "search"]
    found = [(m.params.get("batch_norm", False), m.params["dropout"]) for m in ablation]
    assert found == [(False, 0.0), (True, 0.0), (False, 0.2), (True, 0.2)]
    assert models.models["CNN"].estimator == "cnn"
    assert search.data == models.data == ("fashion",)
    values = {(p.model, p.measure): p.value for p in STUDIES["ann-search"].published}
    assert values == {
        ("ANN", "accuracy"): 0.8615,
        ("CNN", "train_accuracy"): 0.97,
        ("CNN", "accuracy"): 0.92,
    }


def test_cnn_vs_ann_is_declared_as_published():
    models = experiments("cnn-vs-ann")["models"].models
    assert len(models["ANN"].params["hidden_layer_sizes"]) > 1
    assert models["CNN"].estimator == "cnn"
    for model in models.values():
        assert_params(model, loss="sparse_categorical_crossentropy")
    assert {p.model: p.value for p in STUDIES["cnn-vs-ann"].published} == {
        "ANN": 0.9794,
        "CNN": 0.9909,
    }


def test_published_figures_point_at_what_is_declared():
    for study in STUDIES.values():
        declared = {experiment.name: experiment for experiment in study.experiments}
        for claim in study.published:
            experiment = declared[claim.experiment]
            assert claim.data in experiment.data
            for model in filter(None, (claim.model, claim.against)):
                assert model in experiment.models


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_the_quick_version_of_each_study_runs(name, data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", os.fspath(data_folder))
    result = run_study(STUDIES[name], quick=True)
    assert (result.quick, result.n_seeds) == (True, 2)
    assert len(result.experiments) == sum(len(e.data) for e in STUDIES[name].experiments)
    assert len(result.published) == len(STUDIES[name].published)
    assert json.dumps(result.to_dict(), allow_nan=False)
    for experiment in result.experiments:
        if experiment.kind == "experiment":
            assert experiment.comparison.n_train == 2000
            assert experiment.comparison.n_evaluated == 2 * 1000
