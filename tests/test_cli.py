import contextlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.naive_bayes import BernoulliNB
from support import slow_but
from typer.testing import CliRunner

import skdigits
from skdigits.cli import main
from skdigits.cli._app import app
from skdigits.datasets import load_digits


def run(*args, **options):
    """Run the command line in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "skdigits", *args],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def results(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def without_times(folder):
    """Return the results without what a clock says."""
    loaded = results(folder)
    del loaded["run"]["date"], loaded["run"]["seconds"], loaded["run"]["command"]
    for model in loaded["comparison"]["models"]:
        for part in (model["mean"], model["std"], *model["runs"]):
            del part["fit_seconds"], part["predict_seconds"]
    return loaded


def test_compare_prints_a_table_and_writes_page_and_results(tmp_path, capsys):
    out = tmp_path / "a" / "b"
    assert main(["compare", "--models", "GaussianNB,linear-svc", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    head, *rows = [line for line in captured.out.splitlines() if re.search(r"\w+ {2,}\S", line)]
    assert re.split(r"\s{2,}", head.strip()) == [
        "Model",
        "Accuracy",
        "Macro F1",
        "Log loss",
        "ECE",
        "Fit (s)",
        "Predict (s)",
        "Parameters",
    ]
    assert {row.split()[0] for row in rows} == {"GaussianNB", "linear-svc"}
    assert f"Page: {out / 'index.html'}" in captured.out.splitlines()
    assert sorted(os.listdir(out)) == ["index.html", "results.json"]
    assert captured.err == ""


def test_numbers_are_those_of_scikit_learn(tmp_path):
    main(["compare", "--models", "BernoulliNB", "--out", str(tmp_path)])
    (model,) = results(tmp_path)["comparison"]["models"]
    (X, y), (X_test, y_test) = (
        load_digits(subset=subset, return_X_y=True) for subset in ("train", "test")
    )
    flat, flat_test = X.reshape(len(X), -1) / 255, X_test.reshape(len(X_test), -1) / 255
    fitted = BernoulliNB().fit(flat, y)
    predicted = fitted.predict(flat_test)
    assert model["mean"]["accuracy"] == accuracy_score(y_test, predicted)
    assert model["mean"]["macro_f1"] == f1_score(y_test, predicted, average="macro")
    expected = log_loss(y_test, fitted.predict_proba(flat_test))
    assert model["mean"]["log_loss"] == pytest.approx(expected)


def test_cv_uses_all_images_and_shows_the_spread(tmp_path, capsys):
    main(["compare", "--models", "GaussianNB", "--cv", "3", "--out", str(tmp_path)])
    comparison = results(tmp_path)["comparison"]
    assert comparison["n_folds"] == len(comparison["models"][0]["runs"]) == 3
    assert comparison["n_evaluated"] == 1797
    assert "±" in capsys.readouterr().out


def test_same_seed_same_results(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        args = ["--models", "tree,dummy", "--seed", str(seed), "--out", str(tmp_path / name)]
        assert main(["compare", *args]) == 0
    assert without_times(tmp_path / "a") == without_times(tmp_path / "b")
    assert without_times(tmp_path / "a") != without_times(tmp_path / "c")


def test_the_command_on_the_page_runs_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["compare", "--models", " dummy ,dummy,tree", "--out", "my folder"])
    command = results(tmp_path / "my folder")["run"]["command"]
    assert (
        command == "skdigits compare --data digits --models dummy,tree --seed 0 --out 'my folder'"
    )


@pytest.mark.parametrize(
    "names", slow_but(["mlp-quick", "mlp-quick,cnn-quick", "mlp,mlp-quick", "mlp,cnn"], "mlp-quick")
)
def test_the_networks_on_the_digits(tmp_path, capsys, names):
    assert main(["compare", "--models", names, "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    models = {model["name"]: model for model in results(tmp_path)["comparison"]["models"]}
    assert set(models) == set(names.split(","))
    for model in models.values():
        assert model["mean"]["accuracy"] > 0.9
        assert model["n_parameters"] > 0
        assert model["runs"][0]["history"]["loss"]
    if {"mlp-quick", "mlp"} <= set(models):
        quick, default = models["mlp-quick"], models["mlp"]
        assert len(quick["runs"][0]["history"]["loss"]) < len(default["runs"][0]["history"]["loss"])
        assert quick["n_parameters"] < default["n_parameters"]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Training curves" in page


def test_seeds_give_a_spread(tmp_path, capsys):
    args = ["compare", "--models", "tree,dummy", "--seeds", "2", "--seed", "3"]
    assert main([*args, "--out", str(tmp_path)]) == 0
    assert re.search(r"tree +\d+\.\d\d ± \d\.\d\d", capsys.readouterr().out)
    found = results(tmp_path)
    assert (found["comparison"]["n_seeds"], found["comparison"]["random_state"]) == (2, 3)
    assert "--seeds 2 --seed 3" in found["run"]["command"]


def test_binary_is_zero_against_one(tmp_path, data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    main(["compare", "--data", "binary", "--models", "GaussianNB", "--out", str(tmp_path)])
    loaded = results(tmp_path)
    assert loaded["data"]["class_names"] == ["0", "1"]
    assert loaded["comparison"]["n_train"] == 12665
    assert loaded["comparison"]["n_evaluated"] == 2115


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--data", "cats"], "unknown --data 'cats'; choose from digits, mnist, fashion, binary"),
        (["--models", "mlp,foo"], "unknown model 'foo'; choose from mlp, mlp-quick, mlp-best, "),
        (["--models", " , "], "--models names no model"),
        (["--models", "VotingClassifier"], "'VotingClassifier' can't be used by its name alone"),
        (["--models", "LinearRegression"], "unknown model 'LinearRegression'"),
        (["--cv", "1"], "--cv must be at least 2 folds, got 1"),
        (["--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["--seeds", "2", "--cv", "2"], "--cv and --seeds: give one of the two"),
        (["--cv", "x"], "Invalid value for '--cv'"),
        (["--cv", "200", "--models", "dummy"], "cv=200 folds need 200 images of every class"),
        (["--seed", "-1"], "--seed must be from 0 to"),
        (["--out", "{file}"], "is not a folder"),
        (["--out", "{file}/below"], "is not a folder"),
        (["--out", "{link}"], "is not a folder"),
        (["--out", ""], "is empty"),
        (["--out", "x" * 300], "can't be made: "),
        (["--colour", "red"], "No such option"),
        (["extra"], "unexpected extra argument"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path, capsys, args, message):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("mine")
    link.symlink_to("nowhere")
    args = [arg.format(file=file, link=link) for arg in args]
    if "--out" not in args:
        args += ["--out", str(tmp_path / "out")]
    assert main(["compare", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err
    assert sorted(os.listdir(tmp_path)) == ["file", "link"]


def test_a_model_that_fails_is_named(tmp_path, capsys):
    models = "dummy,RadiusNeighborsClassifier"  # its radius of 1 finds nobody
    assert main(["compare", "--models", models, "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("skdigits: error: model 'RadiusNeighborsClassifier': No neighbors")
    assert message.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_unknown_command_is_one_line_and_exit_2(capsys):
    assert main(["compair"]) == 2
    assert re.fullmatch(
        r"skdigits: error: No such command 'compair'[^\n]*\n", capsys.readouterr().err
    )


def test_broken_data_is_one_line_and_exit_2(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(b"no images")
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(b"no labels")
    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path / "data"))
    assert main(["compare", "--data", "mnist", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"skdigits: error: [^\n]*idx[^\n]*\n", error)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_found_first(tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert main(["compare", "--models", "dummy", "--out", str(tmp_path / "out")]) == 2
    assert "can't be written to" in capsys.readouterr().err


def test_warnings_come_at_the_end_in_one_line_each(tmp_path, capsys):
    main(["compare", "--models", "NearestCentroid,dummy", "--out", str(tmp_path)])
    lines = capsys.readouterr().err.splitlines()
    assert lines
    for line in lines:
        assert line.startswith("skdigits: warning: NearestCentroid: ")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("swallowed", [(), KeyboardInterrupt], ids=str)
def test_ctrl_c_is_one_line_and_exit_130(tmp_path, capsys, monkeypatch, swallowed):
    """Also where a model's fit takes Ctrl-C as its own end, as the networks do."""
    fit = BernoulliNB.fit

    def interrupted_fit(self, X, y):
        with contextlib.suppress(swallowed):
            os.kill(os.getpid(), signal.SIGINT)
        return fit(self, X, y)

    monkeypatch.setattr(BernoulliNB, "fit", interrupted_fit)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        out = str(tmp_path / "out")
        assert main(["compare", "--models", "BernoulliNB,dummy", "--out", out]) == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ("", "skdigits: interrupted\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_that_is_ignored_stays_ignored(tmp_path, monkeypatch):
    """As shells start jobs in the background."""
    fit = BernoulliNB.fit

    def interrupted_fit(self, X, y):
        os.kill(os.getpid(), signal.SIGINT)
        return fit(self, X, y)

    monkeypatch.setattr(BernoulliNB, "fit", interrupted_fit)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert main(["compare", "--models", "BernoulliNB", "--out", str(tmp_path)]) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_help_teaches():
    outcome = CliRunner().invoke(app, ["compare", "--help"], env={"COLUMNS": "100"})
    assert outcome.exit_code == 0
    for word in (
        "--data",
        "--models",
        "mlp-quick",
        "hist-gradient-boosting",
        "[default: mlp,cnn]",
        "--cv",
        "--seeds",
        "--seed",
        "--out",
        "skdigits compare --data fashion",
    ):
        assert word in outcome.output


def test_no_arguments_show_the_commands(capsys):
    assert main([]) == 0
    assert "compare" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"skdigits {skdigits.__version__}\n"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from skdigits.cli import main; main(['compare', '--help'])\n"
        "heavy = {'tensorflow', 'keras', 'scikeras', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", slow_but(["typer", "jinja2", "matplotlib"], "typer", "jinja2"))
def test_a_missing_extra_says_what_to_install(tmp_path, package):
    code = f"import sys; sys.modules[{package!r}] = None; import skdigits.__main__"
    done = subprocess.run(
        [sys.executable, "-c", code, "compare", "--models", "dummy", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (f'skdigits: error: {package} is missing: pip install "skdigits[cli]"\n')
