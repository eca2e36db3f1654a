"""`skdigits train` and `skdigits evaluate`, from pictures to files."""

import json
import os
import re
import signal

import numpy as np
import pytest
from pictures import save_array
from support import digits, mlp

import skdigits
from skdigits._named_data import load_split
from skdigits.cli import main
from skdigits.cli._models import make_network
from skdigits.cli._settings import apply_settings
from skdigits.datasets import load_digits, load_images

TINY = ["--model", "mlp", "--set", "epochs=30", "--set", "hidden_layer_sizes=4"]


def squares(folder, labels, n, rng):
    """Write pictures of 12 x 10 pixels in a folder for each class, which differ in brightness."""
    for number, label in enumerate(labels):
        for index in range(n):
            grey = 40 + 80 * number
            pixels = rng.integers(grey, grey + 40, (12, 10), dtype=np.uint8)
            save_array(folder / label / f"{index}.png", pixels)
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder with pictures in `flowers`, and the files that a training has written."""
    root = tmp_path_factory.mktemp("trained")
    squares(root / "flowers", ("daisy", "tulip"), 10, np.random.default_rng(0))
    args = ["train", "--data", str(root / "flowers"), *TINY, "--out", str(root / "out" / "f.skd")]
    assert main(args) == 0
    return root


def results(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


# skdigits train


def test_train_says_what_it_has_done(tmp_path, trained, capsys):
    out = tmp_path / "new folder" / "f.skd"
    assert main(["train", "--data", str(trained / "flowers"), *TINY, "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out.replace("\N{NARROW NO-BREAK SPACE}", " ").splitlines() == [
        f"Model: {out}",
        "Accuracy: 100.00 % on 4 held-out images, a fifth of each class (trained on 16)",
        f"Page: {tmp_path / 'new folder' / 'f-page' / 'index.html'}",
    ]
    assert captured.err == ""
    assert sorted(os.listdir(out.parent)) == ["f-page", "f.skd"]


def test_the_page_has_the_measures_of_the_saved_model(trained):
    model = skdigits.load(trained / "out" / "f.skd")
    _, (X_test, y_test), _, _ = load_split(str(trained / "flowers"))
    found = results(trained / "out" / "f-page")
    (measured,) = found["comparison"]["models"]
    assert measured["name"] == "mlp"
    assert measured["mean"]["accuracy"] == model.score(X_test, y_test)
    assert found["comparison"]["n_train"] == 16
    assert measured["mean"]["fit_seconds"] == measured["runs"][0]["fit_seconds"] > 0
    assert found["data"] == {"title": "flowers", "class_names": ["daisy", "tulip"]}
    assert found["run"]["command"].startswith("skdigits train --set epochs=30 --set hidden_layer")


def test_the_file_is_a_model_of_scikit_learn_and_of_the_seed(trained):
    model = skdigits.load(trained / "out" / "f.skd")
    (X, y), (X_test, _), _, _ = load_split(str(trained / "flowers"))
    assert model.get_params()["epochs"] == 30
    same = skdigits.MLPClassifier(hidden_layer_sizes=4, epochs=30, random_state=0).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X_test), same.predict_proba(X_test))
    assert not hasattr(model, "_skl_callbacks")


def test_published_data_have_test_images(tmp_path, capsys):
    args = ["train", "--data", "digits", *TINY, "--set", "epochs=1", "--seed", "3"]
    assert main([*args, "--quiet", "--out", str(tmp_path / "d.skd")]) == 0
    assert capsys.readouterr() == ("", "")
    model = skdigits.load(tmp_path / "d.skd")
    assert model.random_state == 3
    assert model.n_iter_ == 1
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    found = results(tmp_path / "d-page")["comparison"]
    assert found["n_evaluated"] == len(y_test)
    assert found["models"][0]["mean"]["accuracy"] == model.score(X_test, y_test)


def test_digits_of_photographs_are_normalised(tmp_path, capsys):
    """Dark ink on white paper, off the centre, in pictures of several sizes."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    for number in np.flatnonzero(y < 2)[:12]:
        page = np.full(rng.integers(60, 90, 2), 230, np.uint8)
        top, left = rng.integers(0, 30, 2)
        page[top : top + 28, left : left + 28] -= (X[number] * 0.8).astype(np.uint8)
        save_array(tmp_path / "photos" / str(y[number]) / f"{number}.png", page)
    save_array(tmp_path / "photos" / "0" / "blank.png", np.full((50, 50), 230, np.uint8))
    args = ["train", "--data", str(tmp_path / "photos"), *TINY, "--normalize-digits"]
    assert main([*args, "--out", str(tmp_path / "p.skd")]) == 0
    captured = capsys.readouterr()
    assert "2 held-out images, a fifth of each class (trained on 10)" in captured.out
    line = r"skdigits: warning: 1 of 13 pictures cannot be read and are left out\. .*blank.png.*\n"
    assert re.fullmatch(line, captured.err)
    model = skdigits.load(tmp_path / "p.skd")
    (tmp_path / "photos" / "0" / "blank.png").unlink()
    pictures = load_images(tmp_path / "photos")
    assert model.score(pictures.filenames.tolist(), pictures.target) > 0.9
    args = ["--data", str(tmp_path / "photos"), "--out", str(tmp_path / "e")]
    assert main(["evaluate", str(tmp_path / "p.skd"), *args]) == 0
    (measured,), (before,) = (
        results(tmp_path / folder)["comparison"]["models"] for folder in ("e", "p-page")
    )
    assert measured["mean"]["log_loss"] == before["mean"]["log_loss"]


def test_digits_of_arrays_are_normalised(tmp_path, capsys):
    X, y = load_digits(classes=(0, 1), return_X_y=True)
    X = np.pad(X[:20], ((0, 0), (5, 15), (9, 1)))
    X[7] = 0
    np.savez(tmp_path / "d.npz", x_train=X, y_train=y[:20])
    args = ["train", "--data", str(tmp_path / "d.npz"), *TINY, "--normalize-digits"]
    assert main([*args, "--out", str(tmp_path / "d.skd")]) == 0
    line = r"skdigits: warning: 1 of 20 pictures .* left out\. image 7 of \S*d.npz: it shows no.*\n"
    assert re.fullmatch(line, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--data", "cats"], "unknown --data 'cats'"),
        (["--model", "CNN-bst"], "unknown network 'CNN-bst'; did you mean 'cnn-best'?"),
        (["--model", "forest"], "`skdigits compare` has it"),
        (["--seed", "-1"], "--seed must be from 0 to"),
        (["--set", "epochs"], "--set epochs: write KEY=VALUE"),
        (["--set", "epochs", "5"], "--set epochs: write KEY=VALUE"),
        (["--set", "=5"], "--set =5: write KEY=VALUE"),
        (
            ["--set", "epoch=5"],
            "unknown parameter of MLPClassifier 'epoch'; did you mean 'epochs'?",
        ),
        (["--set", "filters=8"], "unknown parameter of MLPClassifier 'filters'"),
        (["--set", "epochs=0"], "--set epochs=0: The 'epochs' parameter of MLPClassifier must be"),
        (["--set", "epochs=true"], "Got 'true' instead"),
        (["--set", "random_state=1"], "write --seed 1"),
        (["--out", "{file}/f.skd"], "file is not a folder"),
        (["--out", "{folder}"], "is a folder; give a file"),
        (["--out", "f.onnx"], "then `skdigits export` makes f.onnx of it"),
        (["--out", "{folder}/" + 250 * "x"], "xxxxxxxxxx"),
        (["--out", "{folder}/taken.skd"], "taken-page is not a folder"),
        (["--data", "fashion", "--normalize-digits"], "--data fashion has garments"),
        (["--colour", "red"], "No such option"),
    ],
)
def test_bad_input_is_one_line_before_any_training(tmp_path, capsys, monkeypatch, args, message):
    def load(*args, **kwargs):
        pytest.fail("data were loaded")

    monkeypatch.setattr("skdigits.cli._train_command.load_split", load)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "taken-page").write_text("mine")
    args = [arg.format(file=tmp_path / "file", folder=tmp_path / "folder") for arg in args]
    for option, value in {"--data": "digits", "--model": "mlp", "--out": "f.skd"}.items():
        if option not in args:
            args += [option, value if option != "--out" else str(tmp_path / value)]
    assert main(["train", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert os.listdir(tmp_path / "folder") == ["taken-page"]


def test_a_missing_option_is_named(capsys):
    assert main(["train", "--data", "digits", "--model", "mlp"]) == 2
    assert capsys.readouterr().err == "skdigits: error: Missing option '--out'.\n"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_after_ctrl_c_the_same_command_goes_on(tmp_path, capsys, monkeypatch):
    """Although a fit takes Ctrl-C as its own end."""
    fit = skdigits.MLPClassifier.fit

    def interrupted_fit(self, X, y):
        fitted = fit(self, X, y)
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            return fitted

    monkeypatch.setattr(skdigits.MLPClassifier, "fit", interrupted_fit)
    args = ["train", "--data", "digits", *TINY, "--set", "epochs=1", "--out"]
    assert main([*args, str(tmp_path / "d.skd")]) == 130
    assert capsys.readouterr() == ("", "skdigits: interrupted\n")
    assert os.listdir(tmp_path) == ["d.skd.checkpoint"]
    monkeypatch.undo()
    assert main([*args, str(tmp_path / "d.skd")]) == 0
    assert sorted(os.listdir(tmp_path)) == ["d-page", "d.skd"]


def test_the_state_of_another_training_is_named(tmp_path, capsys):
    (tmp_path / "d.skd.checkpoint").write_text("mine")
    assert main(["train", "--data", "digits", *TINY, "--out", str(tmp_path / "d.skd")]) == 2
    err = capsys.readouterr().err
    assert f"{tmp_path / 'd.skd.checkpoint'} is the state of another training that was" in err
    assert os.listdir(tmp_path) == ["d.skd.checkpoint"]


def test_the_model_is_kept_where_the_page_cannot_be_written(tmp_path, capsys, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skdigits.report.write_report", fail)
    args = ["train", "--data", "digits", *TINY, "--set", "epochs=1"]
    assert main([*args, "--out", str(tmp_path / "d.skd")]) == 2
    captured = capsys.readouterr()
    assert "Accuracy: " in captured.out
    assert captured.err == "skdigits: error: No space left on device\n"
    assert skdigits.load(tmp_path / "d.skd").n_iter_ == 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("epochs=5", 5),
        ("epochs=3,200", (3, 200)),
        ("filters=8,16", (8, 16)),
        ("filters = (8, 8), 16", ((8, 8), 16)),
        ("filters=auto", "auto"),
        ("learning_rate=1e-3", 0.001),
        ("batch_norm=false", False),
        ("early_stopping=True", True),
        ("augmentation=none", None),
        ("augmentation=shift,flip", ("shift", "flip")),
        ("hidden_layer_sizes=32,", (32,)),
        ("class_weight={0: 1, 1: 2.5}", {0: 1, 1: 2.5}),
        ("optimizer=sgd", "sgd"),
    ],
)
def test_a_setting_has_the_type_of_its_parameter(setting, value):
    network = make_network("cnn")
    apply_settings(network, [setting])
    found = network.get_params()[setting.partition("=")[0].strip()]
    assert found == value
    assert type(found) is type(value)


# skdigits evaluate


def test_evaluate_measures_the_images_that_train_held_out(trained, tmp_path, capsys):
    model, data = str(trained / "out" / "f.skd"), str(trained / "flowers")
    assert main(["evaluate", model, "--data", data, "--out", str(tmp_path / "e")]) == 0
    captured = capsys.readouterr()
    assert "Measured on 4 images, the fifth of each class that train sets aside." in captured.out
    assert f"Page: {tmp_path / 'e' / 'index.html'}" in captured.out
    assert captured.err == ""
    found, expected = results(tmp_path / "e"), results(trained / "out" / "f-page")
    (measured,), (before,) = (each["comparison"]["models"] for each in (found, expected))
    assert measured["name"] == "f"
    for part in ("confusion", "per_class", "mistakes"):
        assert measured[part] == before[part]
    assert measured["mean"]["log_loss"] == before["mean"]["log_loss"]
    assert found["comparison"]["n_train"] is None


def test_evaluate_brings_pictures_to_the_form_of_the_training(trained, tmp_path, capsys):
    rng = np.random.default_rng(1)
    for number, label in enumerate(("daisy", "tulip")):
        pixels = rng.integers(40 + 80 * number, 80 + 80 * number, (60, 50, 3), dtype=np.uint8)
        save_array(tmp_path / "new" / "test" / label / "1.jpg", pixels)
    args = ["--data", str(tmp_path / "new"), "--out", str(tmp_path / "e")]
    assert main(["evaluate", str(trained / "out" / "f.skd"), *args]) == 0
    assert "Measured on 2 test images." in capsys.readouterr().out
    found = results(tmp_path / "e")["comparison"]
    assert found["models"][0]["mean"]["accuracy"] == 1
    assert "12 × 10 pixels" in (tmp_path / "e" / "index.html").read_text(encoding="utf-8")


def test_labels_are_compared_as_text(tmp_path, capsys):
    """A model of the classes 0, 1 and x has learned text; a folder of 0 and 1 has numbers."""
    squares(tmp_path / "some", ("0", "1", "x"), 6, np.random.default_rng(0))
    (tmp_path / "some" / "x").rename(tmp_path / "x")
    X, y = load_images(tmp_path / "some", return_X_y=True)
    assert y.dtype == int
    skdigits.save(skdigits.MLPClassifier(4, epochs=1).fit(X, ["0", "x", "1"] * 4), tmp_path / "m")
    args = ["--data", str(tmp_path / "some"), "--out", str(tmp_path / "e")]
    assert main(["evaluate", str(tmp_path / "m"), *args]) == 0
    assert results(tmp_path / "e")["comparison"]["classes"] == ["0", "1", "x"]


def test_equal_numbers_are_the_same_label(tmp_path, capsys):
    X, y = digits()
    model = skdigits.save(mlp(epochs=1).fit(X, y.astype(float)), tmp_path / "m.skd")
    args = ["--data", "digits", "--out", str(tmp_path / "e")]
    assert main(["evaluate", str(model), *args]) == 0
    X_test, y_test = load_digits(subset="test", return_X_y=True)
    (measured,) = results(tmp_path / "e")["comparison"]["models"]
    assert measured["mean"]["accuracy"] == skdigits.load(model).score(X_test, y_test)


@pytest.mark.parametrize(
    ("model", "args", "message"),
    [
        (
            "{model}",
            ["--data", "digits"],
            "takes images of 12 x 10 pixels, grey, and --data digits",
        ),
        ("{model}", ["--data", "{other}"], "has labels that the model has not learned: rose"),
        ("{model}", ["--data", "cats"], "unknown --data 'cats'"),
        ("{model}", [], "Missing option '--data'"),
        ("{model}", ["--data", "digits", "--out", "{model}"], "is not a folder"),
        ("none.skd", ["--data", "digits"], "none.skd"),
        ("{other}", ["--data", "digits"], "other"),
        ("model.onnx", ["--data", "digits"], "a .onnx file cannot be used here"),
        ("{picture}", ["--data", "digits"], "0.png"),
    ],
)
def test_what_evaluate_refuses(trained, tmp_path, capsys, model, args, message):
    other = squares(tmp_path / "other", ("daisy", "rose"), 5, np.random.default_rng(0))
    names = {
        "model": trained / "out" / "f.skd",
        "other": other,
        "picture": other / "daisy" / "0.png",
    }
    args = [arg.format(**names) for arg in (model, *args)]
    if "--out" not in args:
        args += ["--out", str(tmp_path / "e")]
    assert main(["evaluate", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err
    assert os.listdir(tmp_path) == ["other"]


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_has_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"skdigits {command} " in capsys.readouterr().out.partition("Examples")[2]
