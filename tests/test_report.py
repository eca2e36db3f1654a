import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold, RepeatedStratifiedKFold, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from support import mlp, run_python, slow_but, tiny

from skdigits.datasets import load_digits
from skdigits.model_selection import compare, evaluate
from skdigits.report import comparison_table, describe_run, write_report


class WithHistory(GaussianNB):
    def fit(self, X, y):
        self.history_ = {
            "loss": [0.9, 0.4, float("nan")],
            "accuracy": [0.5, 0.8, 0.9],
            "val_loss": [0.8, 0.5, 0.4],
            "val_accuracy": [0.4, 0.7, 0.8],
        }
        return super().fit(X, y)


def on_images(classifier):
    flat = FunctionTransformer(lambda images: images.reshape(len(images), -1) / 255)
    return make_pipeline(flat, classifier)


class Page(HTMLParser):
    """What a test wants to know of a page."""

    VOID = ("meta", "img", "link", "br", "hr", "path", "use", "image")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts, self.rows = [], [], [], []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data.replace("\N{NO-BREAK SPACE}", " "))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def data():
    X, y = load_digits(subset="all", return_X_y=True)
    return X[:600], y[:600], X[600:900], y[600:900]


@pytest.fixture(scope="module")
def comparison(data):
    X, y, X_test, y_test = data
    models = {
        "bayes": on_images(WithHistory(var_smoothing=1e-9)),
        "linear <b>": on_images(RidgeClassifier()),
        "dummy": on_images(DummyClassifier()),
    }
    return compare(models, X, y, X_test=X_test, y_test=y_test, random_state=0)


@pytest.fixture(scope="module")
def folder(comparison, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    run = describe_run("skdigits compare --data digits", seconds=61)
    write_report(comparison, *data[2:], folder, title="Digits & more", run=run)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_page_is_well_formed_and_complete_in_itself(folder, page):
    assert page.open == []
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "http" not in text
    for tag, attrs in page.tags:
        assert tag not in ("script", "link", "iframe")
        for name in ("src", "href", "xlink:href"):
            assert attrs.get(name, "#").startswith(("data:", "#"))
    assert "url(" not in text.replace("url(#", "")


def test_page_has_what_it_promises(page, comparison):
    anchors = {attrs["id"] for attrs in page.all("section")}
    assert anchors == {"table", "images", "curves", "matrices", "confusions", "classes", "how"}
    assert {attrs["href"] for attrs in page.all("a")} == {f"#{anchor}" for anchor in anchors}
    drawings = [attrs["aria-label"] for attrs in page.all("svg")]
    assert drawings[:2] == [
        "Accuracy over the epochs of training: bayes",
        "Loss over the epochs of training: bayes",
    ]
    assert len(drawings) == 2 + len(comparison.models)
    assert "Confusion matrix of linear <b>" in drawings
    assert "Classification report of dummy" in page.text
    assert "skdigits compare --data digits" in page.text
    assert "1 min 1 s" in page.text


def test_drawings_have_no_ground_of_their_own(folder):
    """Which would be white on a dark page."""
    text = (folder / "index.html").read_text(encoding="utf-8")
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) > 2
    assert not [each for each in drawings if re.search("#fff|white|<image", each)]


def test_page_answers_the_question_first(page, comparison):
    best = comparison["linear <b>"]
    assert comparison.best == best.name
    second = comparison["bayes"]
    headline = page.text.index("linear <b> is the most accurate")
    assert headline < page.text.index("side by side")
    points = 100 * (best.mean["accuracy"] - second.mean["accuracy"])
    assert f"{points:.2f} points ahead of bayes" in page.text


def test_figures_at_the_top_name_their_model(page):
    names = [text for text in page.texts if text.startswith("linear <b>, ")]
    assert {"linear <b>, accuracy", "linear <b>, to fit"} <= set(names)


def test_words_are_explained_where_they_stand(page):
    assert "linear <b>: RidgeClassifier." in page.text
    assert "ECE is the expected calibration error" in page.text
    assert "< 0.001, the probability of such a difference between equally good models" in page.text


def test_training_images_cannot_show_over_fitting(comparison, page, data, tmp_path):
    assert "over-fitting" not in page.text
    (bayes,) = (model for model in comparison.models if model.name == "bayes")
    history = {"loss": [0.9, 0.4], "accuracy": [0.5, 0.8]}
    bayes = replace(bayes, runs=[replace(bayes.runs[0], history=history)])
    others = [model for model in comparison.models if model.name != "bayes"]
    seen = replace(comparison, models=[bayes, *others])
    text = read(seen, *data[2:], tmp_path).text
    assert "on the training images during training, so they cannot show over-fitting" in text


def test_every_picture_is_described_and_every_id_is_unique(page):
    images = page.all("img")
    assert images
    assert all(attrs["alt"] for attrs in images)
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs.get("scope") for attrs in page.all("th"))


def test_table_is_the_one_of_the_terminal(page, comparison):
    columns, rows = comparison_table(comparison)
    assert page.rows[0] == list(columns)
    assert page.rows[1 : 1 + len(rows)] == rows
    assert [row[0] for row in rows] == ["linear <b>", "bayes", "dummy"]
    calibration = comparison["bayes"].mean["expected_calibration_error"]
    assert dict(zip(columns, rows[1], strict=True))["ECE"] == f"{calibration:.4f}"
    of_ridge = dict(zip(columns, rows[0], strict=True))
    assert of_ridge["Log loss"] == of_ridge["ECE"] == "–"


def test_a_measure_that_no_model_has_is_left_out(comparison):
    models = [
        replace(model, mean={**model.mean, "expected_calibration_error": None})
        for model in comparison.models
    ]
    columns, rows = comparison_table(replace(comparison, models=models))
    assert list(columns[:5]) == ["Model", "Accuracy", "Macro F1", "Log loss", "Fit (s)"]
    assert {len(row) for row in rows} == {len(columns)}


def test_confusions_show_the_images_that_were_confused(page, comparison, data):
    y_test = data[3]
    counts = np.array(comparison["bayes"].confusion)
    np.fill_diagonal(counts, 0)
    label, predicted = np.unravel_index(counts.argmax(), counts.shape)
    of_all = f"({counts.max()} of {(y_test == label).sum()})"
    assert f"{label} taken for {predicted} {of_all}" in page.text
    pairs = {
        (index, label, predicted)
        for model in comparison.models
        for index, label, predicted in zip(
            *(model.mistakes[key] for key in ("index", "label", "predicted")), strict=True
        )
    }
    examples = [attrs["alt"] for attrs in page.all("img") if "taken for" in attrs["alt"]]
    assert examples
    assert set(examples) <= {f"Image {i}: {a}, taken for {b}" for i, a, b in pairs}


def test_results_are_strict_json_with_the_right_numbers(folder, comparison, data):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    text = (folder / "results.json").read_text(encoding="utf-8")
    results = json.loads(text, parse_constant=refuse)
    assert results["data"] == {"title": "Digits & more", "class_names": list("0123456789")}
    assert results["run"]["cores"] >= 1
    bayes = results["comparison"]["models"][0]
    X, y, X_test, y_test = data
    predicted = on_images(GaussianNB(var_smoothing=1e-9)).fit(X, y).predict(X_test)
    assert bayes["runs"][0]["accuracy"] == metrics.accuracy_score(y_test, predicted)
    assert bayes["runs"][0]["history"]["loss"] == [0.9, 0.4, None]
    assert bayes["confusion"] == metrics.confusion_matrix(y_test, predicted).tolist()


def test_same_comparison_same_page(comparison, data, folder, tmp_path):
    run = json.loads((folder / "results.json").read_text(encoding="utf-8"))["run"]
    page = write_report(comparison, *data[2:], tmp_path, title="Digits & more", run=run)
    for name in ("index.html", "results.json"):
        assert (page.parent / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.slow
def test_seeds_are_summed_and_tested_in_pairs(tmp_path):
    X, y = tiny()
    models = {"long": mlp(epochs=9), "short": mlp(epochs=1)}
    comparison = compare(models, X, y, X_test=X, y_test=y, n_seeds=3, random_state=5)
    page = Page(write_report(comparison, X, y, tmp_path, title="Tiny").read_text("utf-8")).text
    assert f"measured on the {len(y)} images of the test set, with each of 3 seeds" in page
    assert "mean ± standard deviation over the seeds" in page
    assert "paired t-test" in page
    assert "sign test" not in page
    assert "of the 3 seeds" in page
    assert "for the test images, which were measured after each epoch" in page
    assert "mistakes over 3 seeds" in page
    assert "Seeds 5 to 7" in page


def test_models_without_randomness_are_compared_with_seeds(data, tmp_path):
    models = {"bayes": on_images(GaussianNB()), "dummy": DummyClassifier()}
    X, y, X_test, y_test = data
    comparison = compare(models, X, y, X_test=X_test, y_test=y_test, n_seeds=2)
    page = write_report(comparison, X_test, y_test, tmp_path, title="Digits")
    text = Page(page.read_text("utf-8")).text
    assert "bayes is the most accurate" in text
    assert "a result that chance seldom gives (p < 0.001" in text
    assert "permutation test, p < 0.05" in text
    assert "is the same with every seed, so it was tested over the images" in text
    assert "t-test" not in text


def test_a_model_that_was_fitted_before(data, tmp_path):
    X, y, X_test, y_test = data
    model = on_images(GaussianNB()).fit(X, y)
    page = Page(
        write_report(
            evaluate({"bayes": model}, X_test, y_test),
            *(X_test, y_test, tmp_path),
            title="Digits",
            run=describe_run("skdigits evaluate"),
        ).read_text(encoding="utf-8")
    )
    assert "Digits · 1 model measured" in page.text
    assert "Measured on 300 images." in page.text
    assert "to fit" not in page.text
    assert "Fit (s)" not in page.text
    assert "trained" not in page.text
    assert "Seed" not in page.text


def test_folds_and_colour_and_names(tmp_path):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 30)
    X = rng.normal(y[:, None, None, None], 1.5, size=(60, 4, 5, 3))
    comparison = compare({"bayes": on_images(GaussianNB())}, X, y, cv=3, random_state=0)
    page = Page(
        write_report(
            comparison, X, y, tmp_path, title="Colours", class_names=["cat & co", "dog"]
        ).read_text(encoding="utf-8")
    )
    assert "in 3-fold cross-validation" in page.text
    assert "bayes gets" in page.text
    assert "±" in page.rows[1][1]
    assert "cat & co" in page.text
    assert "#curves" not in {attrs["href"] for attrs in page.all("a")}


def test_splits_that_repeat_images_are_no_more_images(data, tmp_path):
    X, y = data[0][:100], data[1][:100]
    models = {"bayes": GaussianNB(), "dummy": DummyClassifier()}
    splitter = RepeatedStratifiedKFold(n_splits=2, n_repeats=5, random_state=0)
    comparison = compare(models, X, y, cv=splitter, random_state=0)
    page = Page(write_report(comparison, X, y, tmp_path, title="Digits").read_text("utf-8"))
    assert "In 10 splits, 100 images were predicted 500 times in all" in page.text
    test = comparison["dummy"].against_best
    counts = f"on {test['only_best_right']} images, dummy on {test['only_this_right']}"
    wrong = [len(comparison[name].mistakes["index"]) for name in models]
    more = f"In all, bayes was right {wrong[1] - wrong[0]} times more"
    assert f"bayes was right more often {counts}. {more}" in page.text
    assert "permutation test" in page.text
    assert "mistakes over 10 splits" in page.text
    assert "mean ± standard deviation over the splits" in page.text
    assert "500 images" not in page.text
    assert "fold" not in page.text
    assert ["Class", "Precision", "Recall", "F1", "Predictions"] in page.rows


def test_a_single_split_is_no_cross_validation(data, tmp_path):
    X, y = data[0][:100], data[1][:100]
    comparison = compare({"bayes": GaussianNB()}, X, y, cv=ShuffleSplit(1, random_state=0))
    page = Page(write_report(comparison, X, y, tmp_path, title="Digits").read_text("utf-8")).text
    assert "The model was trained on 90 images, and measured on 10 others." in page
    assert "fold" not in page
    assert "standard deviation" not in page


def test_a_faultless_model_has_no_confusions(tmp_path):
    y = np.repeat([0, 1], 4)
    X = np.broadcast_to(y[:, None, None], (8, 3, 3)).astype(float)
    models = {name: on_images(GaussianNB()) for name in ("one", "two")}
    page = write_report(compare(models, X, y, cv=2), X, y, tmp_path, title="Easy")
    text = Page(page.read_text(encoding="utf-8")).text
    assert "None: all images were predicted correctly" in text
    assert "Too close to call" in text
    assert "got exactly the same images right" in text
    assert "one, accuracy 100.00 % two, accuracy 100.00 %" in text
    assert "to fit" not in text


def read(comparison, X, y, folder, **options):
    page = write_report(comparison, X, y, folder, **{"title": "x", **options})
    return Page(page.read_text(encoding="utf-8"))


def test_a_test_set_without_some_classes(data, tmp_path):
    X, y, X_test, y_test = data
    few = y_test < 3
    models = {"bayes": on_images(GaussianNB())}
    comparison = compare(models, X, y, X_test=X_test[few], y_test=y_test[few])
    names = np.array([*"abcdefghij"])
    page = read(comparison, X_test[few], y_test[few], tmp_path, class_names=names)
    assert page.text.count("no image") == 7
    rows = {row[0]: row for row in page.rows[2:]}
    never = set(range(3, 10)) - set(comparison["bayes"].mistakes["predicted"])
    assert never
    for label in never:
        assert rows[names[label]][1:] == ["–", "–", "–", "0"]
    means = [
        np.mean([row[measure] for row in comparison["bayes"].per_class if row[measure] is not None])
        for measure in ("precision", "recall", "f1")
    ]
    assert rows["Mean"][1:4] == [f"{mean:.3f}" for mean in means]
    assert means[2] == pytest.approx(comparison["bayes"].mean["macro_f1"])


def as_rows(X):
    return np.asarray(X).reshape(len(X), -1)


FORMS = {
    "rows": as_rows,
    "list": lambda X: as_rows(X).tolist(),
    "data frame": lambda X: pd.DataFrame(as_rows(X)),
    "images of one channel": lambda X: X[..., np.newaxis],
}


@pytest.mark.parametrize("kind", slow_but(FORMS, "list"))
def test_rows_and_images_give_the_same_pictures(data, kind, tmp_path):
    X, y, X_test, y_test = (part[:100] for part in data)
    models = {"bayes": make_pipeline(FunctionTransformer(as_rows), GaussianNB())}
    train, test = FORMS[kind](X), FORMS[kind](X_test)
    of_images = compare(models, X, y, X_test=X_test, y_test=y_test, random_state=0)
    expected = read(of_images, X_test, y_test, tmp_path).all("img")
    comparison = compare(models, train, y, X_test=test, y_test=y_test, random_state=0)
    for given in (test, X_test):
        page = read(comparison, given, pd.Series(y_test), tmp_path)
        assert [image["src"] for image in page.all("img")] == [image["src"] for image in expected]


def test_a_table_has_a_report_without_pictures(tmp_path):
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b"], 30)
    X = rng.normal(y[:, None] == "a", 2, size=(60, 20))
    comparison = compare([GaussianNB()], X, y, cv=3, random_state=0)
    page = read(comparison, X, y, tmp_path)
    assert not page.all("img")
    assert "#images" not in {attrs["href"] for attrs in page.all("a")}
    mistakes = comparison["GaussianNB"].mistakes
    probability, index = max(zip(mistakes["probability"], mistakes["index"], strict=True))
    assert f" {index} {100 * probability:.0f}" in page.text


def test_a_fold_without_a_class_has_a_report(data, tmp_path):
    X, y, *_ = data
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    comparison = compare([on_images(GaussianNB())], X, y, cv=KFold(3))
    assert "GaussianNB gets" in read(comparison, X, y, tmp_path).text


TEXTS = [
    "<script>alert(1)</script>",
    "a & b",
    "$$",
    r"$\nothing",
    "#010203",
    "_",
    "数字",
    'say "no"',
]
NAMES = [*TEXTS, "x" * 300, "\udcff\x1b"]


def test_names_are_never_markup(data, tmp_path):
    X, y, X_test, y_test = data
    labels = np.array(NAMES, dtype=object)
    models = {name: on_images(WithHistory()) for name in NAMES}
    comparison = compare(models, X, labels[y], X_test=X_test, y_test=labels[y_test])
    page = read(comparison, X_test, labels[y_test], tmp_path, title=NAMES[0])
    assert page.open == []
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "i"})
    rows = {row[0] for row in page.rows}
    descriptions = {attrs["aria-label"] for attrs in page.all("svg")}
    for name in TEXTS:
        assert name in rows
        assert f"Confusion matrix of {name}" in descriptions
        shown = f"{name[:10]}…{name[-9:]}" if len(name) > 20 else name
        assert page.texts.count(shown) >= 2 * len(models)  # in every matrix, on both sides
    assert "currentColor" not in page.texts  # which the ink of drawings becomes, not text
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["data"]["class_names"][:2] == sorted(NAMES)[:2]


def test_images_of_rare_classes_are_no_larger_than_others(data, tmp_path):
    X, y, X_test, y_test = data
    chosen = np.concatenate([np.flatnonzero(y_test == 3)[:1], np.flatnonzero(y_test != 3)])
    X_test, y_test = X_test[chosen], y_test[chosen]
    comparison = compare({"bayes": on_images(GaussianNB())}, X, y, X_test=X_test, y_test=y_test)
    page = read(comparison, X_test, y_test, tmp_path, title="Digits")
    width = {
        image["alt"]: image["style"] for image in page.all("img") if "of the class" in image["alt"]
    }
    assert width["1 image of the class 3"] == "width: 10%"
    assert width["10 images of the class 4"] == "width: 100%"


def test_long_names_that_differ_in_the_middle_stay_different(data, tmp_path):
    X, y, X_test, y_test = data
    names = [f"models of the spring/seed-{n}/digits-of-the-school.skd" for n in range(2)]
    classes = np.array([f"photographed digit {n}, by its own class" for n in range(10)])
    worse = on_images(WithHistory(var_smoothing=0.1))
    models = dict(zip(names, (on_images(WithHistory()), worse), strict=True))
    comparison = compare(models, X, classes[y], X_test=X_test, y_test=classes[y_test])
    page = read(comparison, X_test, classes[y_test], tmp_path, title="Digits")
    best, second = (f"…{name[7:45]}…" for name in names[::-1])
    assert f"{best} is the most accurate: " in page.text
    assert f"points ahead of {second} " in page.text
    best, second = (f"…{name[17:35]}…" for name in names[::-1])
    legend = [f"{name}, {part}" for name in (best, second) for part in ("training", "validation")]
    assert [text for text in page.texts if text in legend] == 2 * legend  # accuracy and loss
    for name in classes:
        assert page.texts.count(f"…{name[10:28]}…") == 2 * len(models)  # in matrices, on both sides
        assert f"…{name[5:33]}…" in page.texts  # beside its images


def test_other_settings_of_matplotlib_leave_the_page_as_it_is(comparison, data, tmp_path):
    import matplotlib as mpl

    plain = write_report(comparison, *data[2:], tmp_path / "plain", title="x").read_bytes()
    settings = {"text.usetex": True, "font.size": 40, "axes.facecolor": "red"}
    with mpl.rc_context(settings):
        page = write_report(comparison, *data[2:], tmp_path / "other", title="x").read_bytes()
    assert page == plain


@pytest.mark.slow
def test_a_report_needs_no_pyplot(tmp_path):
    code = """
import sys
from sklearn.naive_bayes import GaussianNB
from test_report import WithHistory, compare, load_digits, write_report
X, y = load_digits(return_X_y=True)
X, y = X[:60].reshape(60, -1), y[:60]
write_report(compare([WithHistory()], X, y, cv=2), X, y, sys.argv[1], title="x")
print("matplotlib.pyplot" in sys.modules)
"""
    done = run_python(code, tmp_path, MPLBACKEND="nonsense")
    assert (done.stdout.strip(), done.stderr) == ("False", "")
    assert (tmp_path / "index.html").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros((300, 8, 8))}, r"of shape \[28, 28\]; got an array of shape"),
        ({"y": [0, 1]}, "inconsistent numbers of samples"),
        ({"y": [10] * 300}, "y has labels that the comparison lacks: 10"),
        ({"y": ["0"] * 300}, "y has labels that the comparison lacks: '0'"),
        (
            {"X": np.zeros((2, 28, 28)), "y": [0, 1]},
            "it has 2, but no image ",
        ),
        ({"class_names": ["a", "b"]}, "class_names must name 10 classes, got 2"),
    ],
)
def test_bad_input_writes_nothing(comparison, data, tmp_path, change, message):
    arguments = {"X": data[2], "y": data[3], "folder": tmp_path / "out", "title": "x"} | change
    with pytest.raises(ValueError, match=message):
        write_report(comparison, **arguments)
    assert not (tmp_path / "out").exists()


def test_names_that_are_no_text(comparison, data, tmp_path):
    """As folders of images may have, whose bytes are not UTF-8."""
    names = [f"caf\udce9 {number}" for number in range(10)]
    write_report(comparison, *data[2:], tmp_path, title="\udce9", class_names=names)
    assert r"caf\udce9 3" in Page((tmp_path / "index.html").read_text(encoding="utf-8")).text
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["data"]["title"] == r"\udce9"


def test_a_failed_write_leaves_the_old_file_and_no_other(comparison, data, tmp_path):
    (tmp_path / "results.json").mkdir()
    (tmp_path / "index.html").write_text("old")
    with pytest.raises(OSError, match=r"results\.json"):
        write_report(comparison, *data[2:], tmp_path, title="x")
    assert sorted(os.listdir(tmp_path)) == ["index.html", "results.json"]
    assert (tmp_path / "index.html").read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_files_have_the_permissions_that_the_umask_leaves(comparison, data, tmp_path, monkeypatch):
    before = os.umask(0o027)
    try:
        with monkeypatch.context() as patched:
            patched.delattr(os, "umask")  # to read it is to change it, for all threads
            page = write_report(comparison, *data[2:], tmp_path, title="x")
    finally:
        os.umask(before)
    assert page.stat().st_mode & 0o777 == 0o640


def test_no_figure_and_no_setting_is_left_behind(comparison, data, tmp_path):
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    figures, settings = plt.get_fignums(), dict(mpl.rcParams)
    write_report(comparison, *data[2:], tmp_path, title="x")
    assert plt.get_fignums() == figures
    assert dict(mpl.rcParams) == settings
