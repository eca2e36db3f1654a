import json
import os
import re
from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pytest
from support import slow_but
from test_report import Page

from skdigits._matplotlib import Figure
from skdigits.datasets import load_digits
from skdigits.model_selection import Comparison, ModelResult, Run
from skdigits.report import describe_run, published_table, write_index, write_study
from skdigits.report._charts import sweep_charts
from skdigits.report._pictures import confusion_matrix, to_pixels
from skdigits.studies import (
    ClassDifference,
    ExperimentResult,
    PairedDifference,
    PublishedResult,
    SearchResult,
    StudyResult,
    SweepResult,
)

N_IMAGES = 40


def a_run(accuracy, n_epochs=3):
    curve = np.linspace(0.5, accuracy, n_epochs).tolist()
    keys = ("loss", "accuracy", "val_loss", "val_accuracy")
    return Run(accuracy, accuracy, 1 - accuracy, 2.0, 0.1, {key: list(curve) for key in keys})


def summary(runs):
    values = [run.accuracy for run in runs]
    std = float(np.std(values, ddof=1)) if len(runs) > 1 else None
    times = {"fit_seconds": 2.0, "predict_seconds": 0.1}
    mean = {"accuracy": float(np.mean(values)), "macro_f1": 0.9, "log_loss": 0.2, **times}
    return mean, dict.fromkeys(mean, std)


def a_model(name, accuracies, y, estimator):
    """Return a model that takes the first two images for a 9, with every seed."""
    runs = [a_run(accuracy) for accuracy in accuracies]
    mean, std = summary(runs)
    n = len(runs)
    row = {"precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 4 * n}
    return ModelResult(
        name=name,
        estimator=f"{estimator}()",
        n_parameters=1234,
        runs=runs,
        mean=mean,
        std=std,
        confusion=(np.eye(10, dtype=int) * 4 * n).tolist(),
        per_class=[{"label": label, **row} for label in range(10)],
        mistakes={
            "index": [0, 1] * n,
            "label": y[:2].tolist() * n,
            "predicted": [9, 9] * n,
            "probability": [0.8, 0.7] * n,
        },
    )


def an_experiment(y, accuracies, *, data="digits", p_value=0.01):
    """Return an experiment with a model for each row of accuracies, the first the best."""
    names = ("CNN", "MLP", "MLP wide")[: len(accuracies)]
    models = [
        a_model(name, row, y, "CNNClassifier" if name == "CNN" else "MLPClassifier")
        for name, row in zip(names, accuracies, strict=True)
    ]
    n = len(accuracies[0])
    differences = [
        PairedDifference(
            best="CNN",
            other=name,
            measure="accuracy",
            mean=float(np.mean(np.subtract(accuracies[0], row))),
            std=0.001 if n > 1 else None,
            n=n,
            p_value=p_value if n > 1 else None,
            n_won=n,
        )
        for name, row in zip(names[1:], accuracies[1:], strict=True)
    ]
    comparison = Comparison(
        models=models[::-1],
        best="CNN",
        classes=list(range(10)),
        image_shape=[28, 28],
        n_train=100,
        n_evaluated=N_IMAGES * n,
        n_images=N_IMAGES,
        n_folds=None,
        random_state=0,
        n_seeds=n,
    )
    by_class = [
        ClassDifference("CNN", name, label, 0.02, 0.001, n, p_value)
        if n > 1
        else ClassDifference("CNN", name, label, 0.02, None, n, None)
        for name in names[1:]
        for label in range(10)
    ]
    return ExperimentResult("models", "Two models", data, comparison, differences, by_class)


def a_sweep():
    axes = {"hidden_layer_sizes": ["2", "4"], "kernel_initializer": ["A", "B"], "batch_size": ["8"]}
    points = []
    for i, width in enumerate(axes["hidden_layer_sizes"]):
        for j, initializer in enumerate(axes["kernel_initializer"]):
            runs = [a_run(0.9 + 0.03 * i + 0.01 * j + 0.001 * seed, 3 + i) for seed in range(2)]
            mean, std = summary(runs)
            point = dict(zip(axes, (width, initializer, "8"), strict=True))
            points.append({**point, "runs": runs, "mean": mean, "std": std})
    return SweepResult("sweep", "All widths", "digits", axes, points, [10, 10, 20, 20])


def a_search():
    scores = (0.8, 0.85, 0.7)
    candidates = [
        {
            "params": {"hidden_layer_sizes": [64] * (i + 1), "learning_rate": 0.001 * 10**i},
            "mean_test_score": score,
            "std_test_score": 0.01,
            "mean_fit_time": 3.0,
        }
        for i, score in enumerate(scores)
    ]
    best = candidates[1]["params"]
    return SearchResult("search", "A search", "digits", best, 0.85, 3, 2, 100, candidates, 18.0)


def a_study(experiments, *, n_seeds=3, quick=False, published=()):
    return StudyResult(
        study="cnn-vs-mlp",
        title="CNN & MLP",
        question="Is a CNN better?",
        source="A published study.",
        notes=["Our own <choice>."],
        quick=quick,
        n_seeds=n_seeds,
        experiments=list(experiments),
        published=list(published),
    )


PUBLISHED = PublishedResult(
    text="CNN 99 %",
    value=0.99,
    experiment="models",
    data="digits",
    model="CNN",
    against=None,
    measure="accuracy",
    mean=0.975,
    std=0.002,
    n=3,
    difference=-0.015,
    note="Published in whole per cent.",
)
CLEAR = [(0.973, 0.975, 0.977), (0.945, 0.95, 0.955)]


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(return_X_y=True)
    names = [f"digit {label}" for label in range(10)]
    order = np.argsort(y, kind="stable")
    rows = np.concatenate([order[y[order] == label][:4] for label in range(10)])
    return dict.fromkeys(("digits", "mnist"), (X[rows], y[rows], names))


@pytest.fixture(scope="module")
def y(data):
    return data["digits"][1]


@pytest.fixture(scope="module")
def study(y):
    parts = (an_experiment(y, CLEAR), a_sweep(), a_search())
    return a_study(parts, published=[PUBLISHED])


@pytest.fixture(scope="module")
def out(study, data, tmp_path_factory):
    out = tmp_path_factory.mktemp("studies")
    run = describe_run("skdigits study run cnn-vs-mlp", seconds=61)
    write_study(study, data, out / study.study, run=run)
    return out


@pytest.fixture(scope="module")
def page(out):
    return Page((out / "cnn-vs-mlp" / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def unclear(y, data, tmp_path_factory):
    """Return the page of two models that seeds do not tell apart."""
    return read(a_study([an_experiment(y, CLEAR, p_value=0.4)]), data, tmp_path_factory.mktemp("a"))


@pytest.fixture(scope="module")
def two_sets(y, data, tmp_path_factory):
    """Return the page of two data sets; on one of them the models cannot be told apart."""
    parts = [an_experiment(y, CLEAR, data="mnist"), an_experiment(y, CLEAR, p_value=0.3)]
    return read(a_study(parts), data, tmp_path_factory.mktemp("b"))


@pytest.fixture(scope="module")
def three(y, data, tmp_path_factory):
    """Return the page of a CNN and two MLPs, the second of which is the better one."""
    accuracies = [(0.97, 0.971, 0.969), (0.9, 0.91, 0.89), (0.95, 0.951, 0.949)]
    return read(a_study([an_experiment(y, accuracies)]), data, tmp_path_factory.mktemp("c"))


def read(result, data, folder):
    return Page(write_study(result, data, folder).read_text(encoding="utf-8"))


def test_page_is_well_formed_and_complete_in_itself(out, page):
    text = (out / "cnn-vs-mlp" / "index.html").read_text(encoding="utf-8")
    assert page.open == []
    assert "http" not in text
    assert "url(" not in text.replace("url(#", "")
    for tag, attrs in page.tags:
        assert tag not in ("script", "link", "iframe")
        for name in ("src", "href", "xlink:href"):
            assert attrs.get(name, "#").startswith(("data:", "#"))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for attrs in page.all("a")} <= set(ids)
    assert all(attrs["alt"] for attrs in page.all("img"))
    assert all(attrs["aria-label"] for attrs in page.all("svg"))
    assert "Our own <choice>." in page.text


def test_page_answers_first_with_size_and_spread(page):
    answer = (
        "All 4 settings get 90.05 % to 94.05 % of the images right, on average over 2 seeds; "
        "Two models: CNN is 2.50 ± 0.10 points ahead of MLP"
    )
    places = [
        page.text.index(f"Is a CNN better? {answer}"),
        page.text.index("The study said"),
        page.text.index("Training curves"),
        page.text.index("skdigits study run cnn-vs-mlp"),
    ]
    assert places == sorted(places)


def test_published_figures_stand_beside_ours_with_the_difference(page, study):
    columns, (row,) = published_table(study)
    assert list(columns) in page.rows
    assert row[2:] == ["99.00\u202f%", "97.50 ± 0.20\u202f%", "−1.50", "3"]
    assert row[0] == "CNN 99 %. Published in whole per cent."
    assert any(cells[0] == "CNN 99 %" and cells[-5:] == row[1:] for cells in page.rows)
    assert "Published in whole per cent." in page.text


def test_a_difference_that_seeds_do_not_show_is_not_claimed(y, data, tmp_path, unclear):
    equal = an_experiment(y, CLEAR, p_value=None)  # all differences were equal, or there is one
    for page in (unclear, read(a_study([equal]), data, tmp_path)):
        assert "Too close to call: CNN gets" in page.text
        assert "more than MLP" not in page.text
        assert "best" not in [attrs.get("class") for attrs in page.all("tr")]


def test_one_run_makes_no_claim(y, data, tmp_path):
    experiment = an_experiment(y, [(0.98,), (0.9,)])
    page = read(a_study([experiment], n_seeds=1), data, tmp_path)
    assert "too little for a claim" in page.text
    assert "makes no claim" in page.text
    assert "one run: no claim" in page.text
    assert "best" not in [attrs.get("class") for attrs in page.all("tr")]
    assert "±" not in page.text


def test_the_rival_is_the_best_of_the_other_kind(three):
    assert "2.00 ± 0.10 points more than MLP wide" in three.text


def test_several_data_sets_are_answered_one_by_one(two_sets):
    assert "MNIST: CNN is 2.50 ± 0.10 points ahead of MLP" in two_sets.text
    assert "scikit-learn's digits: CNN and MLP are too close to call" in two_sets.text


def test_no_figure_at_the_top_crowns_a_winner_that_is_none(unclear, two_sets):
    assert "CNN, accuracy 97.50 % MLP, accuracy 95.00 % seeds 3" in unclear.text
    captions = {f"{m}, {d}" for m in ("CNN", "MLP") for d in ("MNIST", "scikit-learn's digits")}
    places = [text for text in two_sets.texts if text in captions]
    assert places == ["CNN, MNIST", "CNN, scikit-learn's digits", "MLP, scikit-learn's digits"]


def a_sweep_of(lowest):
    """Return a sweep with the accuracy of the lower of two settings for each number of nodes."""
    points = []
    for width, accuracy in lowest.items():
        for batch_size, more in (("8", 0.001), ("16", 0)):
            mean, std = summary([a_run(accuracy + more), a_run(accuracy + more - 0.002)])
            runs = [a_run(accuracy + more), a_run(accuracy + more - 0.002)]
            point = {"hidden_layer_sizes": width, "batch_size": batch_size}
            points.append({**point, "runs": runs, "mean": mean, "std": std})
    axes = {"hidden_layer_sizes": list(lowest), "batch_size": ["8", "16"]}
    return SweepResult("sweep", "All widths", "digits", axes, points, [10] * len(points))


WIDE, NARROW = 0.996, 0.97
CLAIMS = {
    "With 2 to 5 hidden nodes, every setting gets over 99 % right": dict.fromkeys("2345", WIDE),
    "With 2, 11 and 20 hidden nodes, every setting gets over 99 % right": {
        "2": WIDE,
        "11": WIDE,
        "20": WIDE,
    },
    "Of 2, 11 and 20 hidden nodes, 11 and 20 get over 99 % right in all settings": {
        "2": NARROW,
        "11": WIDE,
        "20": WIDE,
    },
    "Of 2, 11 and 20 hidden nodes, 2 get over 99 % right in all settings": {
        "2": WIDE,
        "11": NARROW,
        "20": NARROW,
    },
    "All 4 settings get": {"2": NARROW, "11": NARROW},
}


QUICK_CLAIMS = [
    "With 2 to 5 hidden nodes, every setting gets over 99 % right",
    "Of 2, 11 and 20 hidden nodes, 11 and 20 get over 99 % right in all settings",
]


@pytest.mark.parametrize("claim", slow_but(CLAIMS, *QUICK_CLAIMS))
def test_a_claim_names_what_was_tried(claim, data, tmp_path):
    published = replace(PUBLISHED, experiment="sweep", model=None)
    study = a_study([a_sweep_of(CLAIMS[claim])], published=[published])
    assert claim in read(study, data, tmp_path).text


def chart(page, start):
    """Return the texts of the drawing whose description begins so."""
    (found,) = re.findall(rf'<svg[^>]*aria-label="{start}[^"]*".*?</svg>', page, re.DOTALL)
    return re.findall(r"<text[^>]*>([^<]*)</text>", found)


def test_charts_mark_what_was_tested_and_bars_end_at_100_percent(data, tmp_path):
    sweep = a_sweep_of({"2": 0.97, "11": 0.98, "20": 1.0})
    page = write_study(a_study([sweep]), data, tmp_path).read_text(encoding="utf-8")
    texts = chart(page, "Accuracy against hidden nodes")
    assert [text for text in texts if text.isdecimal()][:3] == ["2", "11", "20"]
    figure = Figure()
    (drawing,) = sweep_charts(sweep, of="").values()
    ax = figure.add_subplot()
    drawing.plot(ax)
    ends = [y for bars in ax.collections for segment in bars.get_segments() for _, y in segment]
    assert max(ends) == 100.0
    means = {bars.get_label(): bars.lines[0].get_ydata() for bars in ax.containers}
    assert np.all(means["8"] > means["16"])  # each line has its own name


def test_a_logarithmic_axis_has_plain_numbers(data, tmp_path):
    """There are too many values to mark each, and drawings show TeX as it is."""
    candidates = [
        {**a_search().candidates[0], "params": {"learning_rate": rate}, "mean_test_score": rate}
        for rate in np.geomspace(0.00012, 0.09, 20).tolist()
    ]
    search = replace(a_search(), candidates=candidates, best_params=candidates[-1]["params"])
    page = write_study(a_study([search]), data, tmp_path).read_text(encoding="utf-8")
    texts = chart(page, "Accuracy of each candidate against learning rate")
    assert {"0.001", "0.01"} <= set(texts)
    assert not any("$" in text for text in texts)


@pytest.mark.parametrize(("n_classes", "n_names"), [(10, 10), (25, 25), (62, 21), (300, 25)])
def test_names_of_many_classes_are_thinned_out(n_classes, n_names):
    drawing = confusion_matrix(np.eye(n_classes), list(map(str, range(n_classes))), "model")
    ax = Figure().add_subplot()
    drawing.plot(ax)
    for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
        names = [text.get_text() for text in ticks]
        assert len(names) == n_names
        assert names[1] == str(-(-n_classes // 25))


def test_masks_are_seen():
    mask = np.array([[0, 1], [1, 0]], np.uint8)
    np.testing.assert_array_equal(to_pixels(mask), 255 * mask)
    bright = np.array([[0, 17], [9, 255]], np.uint8)
    np.testing.assert_array_equal(to_pixels(bright), bright)


def test_curves_of_test_images_are_called_so(page, unclear, three):
    few = unclear
    for found in (page, few, three):
        assert {"CNN, training", "CNN, test", "MLP, test"} <= set(found.texts)
        assert "validation" not in found.text
    assert "dashed lines with open markers are for the test images" in few.text.lower()


def test_words_are_explained_where_they_stand(page):
    assert "CNN: CNNClassifier, a convolutional neural network." in page.text
    assert "p is the probability of a difference" in page.text
    assert "ECE" not in page.text  # these results are older than it


def test_quick_is_marked(page, data, tmp_path):
    warning = "A quick look, not a result"
    assert warning not in page.text
    quick = read(a_study([a_search()], quick=True), data, tmp_path / "cnn-vs-mlp").text
    assert quick.index(warning) < quick.index("Is a CNN better?")
    index = Page(write_index(tmp_path).read_text(encoding="utf-8"))
    assert warning in index.text


def test_sweep_and_search_are_shown(page):
    assert "All 4 settings get 90.05 % to 94.05 % of the images right" in page.text
    drawings = [attrs["aria-label"] for attrs in page.all("svg")]
    assert any(label.startswith("Accuracy against hidden nodes") for label in drawings)
    assert any(label.startswith("Epochs against hidden nodes") for label in drawings)
    assert ["4", "B", "8", "94.05 ± 0.07\u202f%", "2.00 ± 0.00", "20"] in [
        [*row[:4], "2.00 ± 0.00", row[5]] for row in page.rows if len(row) == 6
    ]
    assert ["64 + 64", "0.01", "85.00 ± 1.00\u202f%", "3.00"] in page.rows


def test_an_image_is_shown_once_however_many_seeds_mistook_it(page):
    shown = [attrs["alt"] for attrs in page.all("img") if "Image 0:" in attrs["alt"]]
    assert shown == ["Image 0: digit 0, taken for digit 9"] * 2  # once a model
    assert "digit 0 taken for digit 9 (6 of 12)" in page.text


def test_drawings_are_files_too(out, page):
    names = sorted(path.name for path in (out / "cnn-vs-mlp").glob("*.png"))
    assert "models-digits-accuracy.png" in names
    assert "models-digits-confusion-cnn.png" in names
    assert "sweep-digits-accuracy-batch-size-8.png" in names
    assert "search-digits-candidates.png" in names
    assert "samples-digits.png" in names
    assert len(names) == len(page.all("svg")) + 1  # the samples are images on the page
    for name in names:
        content = (out / "cnn-vs-mlp" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert content.rstrip().endswith(b"IEND\xaeB`\x82")


def renamed(experiment, names):
    """Return an experiment whose models have other names, the best first."""
    comparison = experiment.comparison
    new = dict(zip(("CNN", "MLP", "MLP wide"), names, strict=True))
    models = [replace(model, name=new[model.name]) for model in comparison.models]
    different, by_class = (
        [replace(each, best=new[each.best], other=new[each.other]) for each in differences]
        for differences in (experiment.differences, experiment.class_differences)
    )
    return replace(
        experiment,
        comparison=replace(comparison, models=models, best=new["CNN"]),
        differences=different,
        class_differences=by_class,
    )


@pytest.mark.parametrize("n_models", slow_but([2, 3], 2))
def test_every_name_has_a_file_of_its_own(n_models, y, data, tmp_path):
    models = an_experiment(y, [*CLEAR, CLEAR[1]][:n_models])
    parts = [
        replace(renamed(models, ["数字", "../<b>" + "x" * 300, "数"]), name="a b"),
        replace(renamed(models, ["a b", "A-b", "x" * 300]), name="a-b"),
    ]
    with pytest.warns(UserWarning, match="font lacks letters of some names") as caught:
        page = read(a_study(parts), data, tmp_path)
    assert len(caught) == 1  # whatever the number of letters and drawings
    assert caught[0].filename == __file__
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    matrices = sorted(path.name for path in tmp_path.glob("*confusion*.png"))
    assert len(matrices) == 2 * n_models
    assert all(re.fullmatch(r"[a-z0-9-]+\.png", name) for name in matrices)


def test_a_search_over_lists_in_lists_and_words_is_drawn(data, tmp_path):
    search = a_search()
    filters = [[[4, 4], 8], [8], [[16], [8, 8]]]
    augmentation = [["shift", "flip"], ["shift"], ["flip"]]
    candidates = [
        {**found, "params": {"filters": some, "augmentation": words}}
        for found, some, words in zip(search.candidates, filters, augmentation, strict=True)
    ]
    best = candidates[1]["params"]
    study = a_study([replace(search, candidates=candidates, best_params=best)])
    page = read(study, data, tmp_path)
    assert "4 + 4 + 8" in page.text
    drawn = [attrs["aria-label"] for attrs in page.all("svg")]
    assert any("against filters, sum" in label for label in drawn)


def test_results_are_the_study(out, study):
    results = json.loads((out / "cnn-vs-mlp" / "results.json").read_text(encoding="utf-8"))
    assert results["study"] == json.loads(json.dumps(study.to_dict()))
    assert results["run"]["command"] == "skdigits study run cnn-vs-mlp"


def test_index_lists_the_studies_and_nothing_else(out, tmp_path):
    results = json.loads((out / "cnn-vs-mlp" / "results.json").read_text(encoding="utf-8"))
    for name, title in (("one", "CNN & MLP"), ("two", "Another")):
        results["study"]["title"] = title
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(results), encoding="utf-8")
    (tmp_path / "compare").mkdir()
    (tmp_path / "compare" / "results.json").write_text('{"comparison": {}}')
    page = Page(write_index(tmp_path).read_text(encoding="utf-8"))
    assert [attrs["href"] for attrs in page.all("a")] == ["one/index.html", "two/index.html"]
    assert page.open == []
    assert "Another" in page.text
    assert page.text.count("CNN is 2.50 ± 0.10 points ahead of MLP") == 2
    assert page.text.count("−1.50") == 2
    page = Page(write_index(tmp_path, order=["none", "two"]).read_text(encoding="utf-8"))
    assert [attrs["href"] for attrs in page.all("a")] == ["two/index.html", "one/index.html"]


def test_index_leads_to_folders_of_any_name(data, tmp_path):
    folder = tmp_path / "100% <why?> #1"
    write_study(a_study([a_search()]), data, folder)
    page = Page(write_index(tmp_path).read_text(encoding="utf-8"))
    (link,) = page.all("a")
    assert tmp_path / unquote(link["href"]) == folder / "index.html"
    assert not set("?#<>") & set(link["href"])


def test_same_study_same_files(out, study, data, tmp_path):
    run = json.loads((out / "cnn-vs-mlp" / "results.json").read_text(encoding="utf-8"))["run"]
    write_study(study, data, tmp_path, run=run)
    for path in (out / "cnn-vs-mlp").iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, names: {}, "must hold the images of 'digits'"),
        (lambda X, y, names: {"digits": (X[:, :8], y, names)}, r"of shape \[28, 28\]"),
        (lambda X, y, names: {"digits": (X[:9], y[:9], names)}, "40 images of 'digits'; .* has 9"),
        (lambda X, y, names: {"digits": (X, y[:9], names)}, "inconsistent numbers of samples"),
        (lambda X, y, names: {"digits": (X, y, names[:2])}, "name 10 classes, got 2"),
    ],
)
def test_bad_input_writes_nothing(study, data, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        write_study(study, change(*data["digits"]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_bad_folders_are_named(tmp_path):
    with pytest.raises(ValueError, match="There is no study in"):
        write_index(tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "results.json").write_text("{")
    with pytest.raises(ValueError, match=r"results\.json can't be read"):
        write_index(tmp_path)
    assert os.listdir(tmp_path) == ["one"]


def test_a_failed_write_leaves_the_old_page(data, tmp_path):
    (tmp_path / "results.json").mkdir()
    (tmp_path / "index.html").write_text("old")
    with pytest.raises(OSError, match=r"results\.json"):
        write_study(a_study([a_search()]), data, tmp_path)
    assert (tmp_path / "index.html").read_text() == "old"
    assert not list(tmp_path.glob(".*"))
