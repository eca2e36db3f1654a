"""`skdigits data`, and your own images in `compare` and `study run`."""

import json
import os
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from pictures import save, save_array
from support import slow_but
from test_cli_study import TINY
from tiny_sets import FILES

from skdigits._named_data import DATA, load_split
from skdigits.cli import main
from skdigits.studies import STUDIES, evaluated_images, run_study


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """No data set on this machine, and no network to download one."""
    monkeypatch.delenv("SKDIGITS_DATA", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")


@pytest.fixture
def flowers(tmp_path):
    """Return a folder of pictures of two classes, bright and dark, without test pictures."""
    rng = np.random.default_rng(0)
    for label, grey in (("daisy", 60), ("tulip", 180)):
        for number in range(10):
            pixels = rng.integers(grey, grey + 20, (9, 8), dtype=np.uint8)
            save_array(tmp_path / "flowers" / label / f"{number}.png", pixels)
    return tmp_path / "flowers"


def words(capsys):
    """Return the lines that were printed, with single spaces, and the error output."""
    captured = capsys.readouterr()
    return [" ".join(line.split()) for line in captured.out.splitlines()], captured.err


# skdigits data


@pytest.mark.usefixtures("no_network")
def test_list_shows_every_data_set_and_where_it_is(capsys):
    assert main(["data", "list"]) == 0
    lines, err = words(capsys)
    assert err == ""
    for name, where in {
        "digits": "comes with scikit-learn 1,442 355",
        "mnist": "not here (11 MB) 60,000 10,000",
        "fashion": "not here (30 MB) 60,000 10,000",
        "binary": "not here (11 MB) 12,665 2,115",
    }.items():
        assert f"{name} {DATA[name]} {where}" in lines


def test_the_place_of_a_data_set(data_folder, monkeypatch, capsys):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    assert main(["data", "list"]) == 0
    assert str(data_folder / "fashion") in capsys.readouterr().out
    assert main(["data", "fetch", "binary"]) == 0
    assert capsys.readouterr() == (f"MNIST's 0 and 1: {data_folder / 'mnist'}\n", "")


def test_info_of_the_digits(capsys):
    assert main(["data", "info", "digits"]) == 0
    lines, err = words(capsys)
    assert "1,797 grey images of 28 x 28 pixels." in lines
    assert "0 143 35" in lines
    assert err == ""


def test_info_names_the_garments(data_folder, monkeypatch, capsys):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    assert main(["data", "info", "fashion"]) == 0
    lines, _ = words(capsys)
    assert "Fashion-MNIST, images of each class" in lines
    assert "9: Ankle boot 6,000 1,000" in lines


@pytest.mark.usefixtures("no_network")
def test_info_downloads_nothing(capsys):
    assert main(["data", "info", "mnist"]) == 0
    output = capsys.readouterr().out
    assert "70,000 handwritten digits" in output
    assert "skdigits data fetch mnist" in output.splitlines()[-1]


@pytest.mark.usefixtures("no_network")
def test_fetch_without_a_network_is_one_line(capsys):
    assert main(["data", "fetch", "mnist"]) == 2
    line = r"skdigits: error: train-images\S+ could not be downloaded .* the proxy .*\n"
    assert re.fullmatch(line, capsys.readouterr().err)


@pytest.mark.usefixtures("no_network")
def test_list_names_a_file_that_is_broken(tmp_path, monkeypatch, capsys):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(next(iter(FILES.values()))[:-1])
    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path))
    assert main(["data", "list"]) == 1
    lines, err = words(capsys)
    assert re.fullmatch(r"skdigits: error: \S*train-images-idx3-ubyte cannot be used: .*\n", err)
    assert "mnist MNIST cannot be read 60,000 10,000" in lines
    assert "fashion Fashion-MNIST not here (30 MB) 60,000 10,000" in lines


def test_info_of_your_own_pictures(flowers, capsys):
    (flowers / "tulip" / "broken.png").write_bytes(b"x")
    assert main(["data", "info", str(flowers)]) == 0
    lines, err = words(capsys)
    assert "20 grey images of 9 x 8 pixels." in lines
    assert "flowers, images of each class" in lines
    assert "daisy 8 2" in lines
    assert "tulip 8 2" in lines
    line = r"skdigits: warning: 1 of 21 pictures cannot be read and are left out\. .*broken.png.*\n"
    assert re.fullmatch(line, err)


def test_info_names_all_that_is_wrong_and_still_counts(flowers, capsys):
    for number in range(12):
        (flowers / "tulip" / f"bad-{number}.png").write_bytes(b"x")
    for label in ("lily", "rose"):
        save(flowers / label / "1.png", size=(9, 8))
    (flowers / "rose" / "2.png").write_bytes(b"")
    assert main(["data", "info", str(flowers)]) == 2
    lines, err = words(capsys)
    for line in ("daisy 8 2", "lily 1 0", "rose 1 0", "tulip 8 2"):
        assert line in lines
    warning, error = err.splitlines()
    assert "13 of 35 pictures cannot be read and are left out." in warning
    for path in ("rose/2.png", *(f"tulip/bad-{number}.png" for number in range(12))):
        assert str(flowers / path) in warning
    assert error == (
        f"skdigits: error: classes of {flowers} have one image only, and each needs another one as "
        "a test image: 'lily', 'rose'"
    )


def test_info_counts_classes_that_only_test_images_have(tmp_path, capsys):
    for path in ("train/a/1", "train/a/2", "train/b/1", "test/a/1", "test/zebra/1"):
        save(tmp_path / f"{path}.png")
    (tmp_path / "train" / "zebra").mkdir()
    (tmp_path / "train" / "zebra" / "1.png").write_bytes(b"")
    assert main(["data", "info", str(tmp_path)]) == 2
    lines, err = words(capsys)
    for line in ("a 2 1", "b 1 0", "zebra 0 1"):
        assert line in lines
    warning, error = err.splitlines()
    assert str(tmp_path / "train" / "zebra" / "1.png") in warning
    assert error.endswith("has labels that its training set lacks: 'zebra'.")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_do_not_steer_the_terminal(tmp_path, capsys):
    for label in ("\x1b]0;x\x07red", "two\nlines", "a\u3000b\u200d"):
        for number in range(5):
            save(tmp_path / "a\rb" / label / f"{number}.png")
        (tmp_path / "a\rb" / label / "\x1b[2J.png").write_bytes(b"")
    assert main(["data", "info", str(tmp_path / "a\rb")]) == 0
    out, err = capsys.readouterr()
    for shown in (r"a\rb, images", r"\x1b]0;x\x07red", r"two\nlines", "a\u3000b\u200d"):
        assert shown in out
    assert r"\x1b[2J.png: " in err
    assert err.count("\n") == 1
    assert main(["data", "info", str(tmp_path / "\x1b[2J")]) == 2
    assert not {"\x1b", "\r"} & {*out, *err, *capsys.readouterr().err}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["info", "cats"],
            "unknown data set 'cats'; choose from digits, mnist, fashion, binary, or",
        ),
        (["info", "digit"], "did you mean 'digits'?"),
        (["info", "./cats"], "data set ./cats: there is no such folder or file"),
        (["info", "cats.csv"], "there is no such folder or file"),
        (["info", "{flowers}/daisy"], "no folder for each class"),
        (["info"], "Missing argument"),
        (["fetch", "{flowers}"], "choose from digits, mnist, fashion, binary"),
        (["get"], "No such command 'get'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(args, message, flowers, capsys):
    assert main(["data", *(arg.format(flowers=flowers) for arg in args)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err


@pytest.mark.parametrize(
    "command",
    [
        "data info",
        "train --model mlp --out {out} --data",
        "tune --model mlp --trials 1 --out {out} --data",
        "compare --models dummy --out {out} --data",
        "study run cnn-vs-mlp --quick --out {out} --data",
    ],
)
def test_classes_that_only_test_images_have(command, tmp_path, capsys):
    for path in ("train/a/1", "train/a/2", "train/b/1", "test/a/1", "test/zebra/1"):
        save(tmp_path / "flowers" / f"{path}.png", size=(9, 8))
    out, data = tmp_path / "out", str(tmp_path / "flowers")
    assert main([*command.format(out=out).split(), data]) == 2
    what = f"the test set of {data} has labels that its training set lacks: 'zebra'."
    assert capsys.readouterr().err == f"skdigits: error: {what}\n"
    assert not out.exists()


@pytest.mark.parametrize("command", ["list", "info", "fetch"])
def test_help_has_an_example(command, capsys):
    assert main(["data", command, "--help"]) == 0
    assert f"skdigits data {command}" in capsys.readouterr().out


# Your own images in other commands


def test_a_fifth_of_each_class_is_set_aside_and_always_the_same(flowers):
    (X, y), (X_test, y_test), names, is_held_out = load_split(str(flowers))
    assert is_held_out
    assert names == ["daisy", "tulip"]
    assert sorted(y_test) == ["daisy", "daisy", "tulip", "tulip"]
    assert len(np.unique(np.concatenate([X, X_test]), axis=0)) == len(y) + len(y_test) == 20
    np.testing.assert_array_equal(load_split(str(flowers))[1][0], X_test)


def test_more_pictures_leave_what_is_set_aside(tmp_path):
    """A model that was trained before is measured on images that it has not learned from."""
    rng = np.random.default_rng(0)

    def add(numbers):
        for label in ("daisy", "tulip"):
            for number in numbers:
                pixels = rng.integers(0, 256, (6, 6), np.uint8)
                save_array(tmp_path / label / f"{number}.png", pixels)
        (X, _), (X_test, _), *_ = load_split(str(tmp_path))
        return [{image.tobytes() for image in images} for images in (X, X_test)]

    train, _ = add(range(50, 90))
    _, test = add(range(10, 50))  # before the others
    assert len(test) == 32
    assert len(test & train) <= 4


def test_copies_of_a_picture_lie_on_one_side(tmp_path):
    for number in range(20):
        save(tmp_path / "daisy" / f"{number}.png", color=number // 3)
        save(tmp_path / "tulip" / f"{number}.png", color=200)  # nothing else, so it has to be cut
    (X, y), (X_test, y_test), *_ = load_split(str(tmp_path))
    assert (y_test == "tulip").sum() == 4
    test, train = X_test[y_test == "daisy"], X[y == "daisy"]
    assert len(test) in (3, 5)  # 2 and 3, or 3, in place of 4
    assert not {image.tobytes() for image in test} & {image.tobytes() for image in train}


@pytest.mark.parametrize("command", ["train --model mlp", "compare --models dummy"])
def test_classes_of_one_picture_cannot_be_divided(command, flowers, capsys, tmp_path):
    for number in range(12):
        save(flowers / f"k{number:02}" / "1.png", size=(9, 8))
    (flowers / "k00" / "2.png").write_bytes(b"")
    args = ["--data", str(flowers), "--out", str(tmp_path / "out")]
    assert main([*command.split(), *args]) == 2
    warning, error = capsys.readouterr().err.splitlines()
    assert str(flowers / "k00" / "2.png") in warning
    assert error.startswith(f"skdigits: error: classes of {flowers} have one image only, and ")
    assert error.endswith(
        "'k00', 'k01', 'k02', 'k03', 'k04', 'k05', 'k06', 'k07', 'k08', 'k09', ..."
    )
    assert not (tmp_path / "out").exists()


def test_compare_on_your_own_pictures(flowers, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    args = ["compare", "--data", "flowers", "--models", "knn,dummy", "--out", "out"]
    assert main(args) == 0
    captured = capsys.readouterr()
    assert "flowers" in captured.out
    assert captured.err == ""
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["data"] == {"title": "flowers", "class_names": ["daisy", "tulip"]}
    assert results["comparison"]["image_shape"] == [9, 8]
    assert results["comparison"]["n_evaluated"] == 4
    assert results["run"]["command"].startswith("skdigits compare --data flowers --models")
    accuracies = {m["name"]: m["mean"]["accuracy"] for m in results["comparison"]["models"]}
    assert accuracies == {"knn": 1.0, "dummy": 0.5}


def test_compare_on_a_test_folder_and_in_folds(flowers, tmp_path):
    (tmp_path / "data").mkdir()
    flowers.rename(tmp_path / "data" / "train")
    save(tmp_path / "data" / "test" / "tulip" / "1.png", mode="RGB", color=(200, 200, 200))
    for options, n_evaluated in (([], 1), (["--cv", "2"], 21)):
        args = ["--models", "dummy", "--out", str(tmp_path / "out"), *options]
        assert main(["compare", "--data", str(tmp_path / "data"), *args]) == 0
        results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
        assert results["comparison"]["n_evaluated"] == n_evaluated
        assert results["comparison"]["image_shape"] == [9, 8, 3]


def test_large_pictures_are_made_smaller_and_it_is_told(tmp_path, capsys):
    for label in ("a", "b"):
        for number in range(2):
            save(tmp_path / "photos" / label / f"{number}.png", size=(300, 400))
    args = ["--models", "dummy", "--out", str(tmp_path / "out")]
    assert main(["compare", "--data", str(tmp_path / "photos"), *args]) == 0
    captured = capsys.readouterr()
    assert "are large; they are used at 48 x 64 pixels." in captured.err
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["comparison"]["image_shape"] == [48, 64]


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(STUDIES, "tiny", TINY)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", slow_but(["花", "!"], "花"))
def test_a_folder_whose_name_has_no_letters_of_ours_replaces_nothing(name, flowers, tmp_path):
    args = ["study", "run", "tiny", "--seeds", "1", "--out", str(tmp_path / "out"), "--data"]
    assert main([*args, "digits"]) == 0
    before = (tmp_path / "out" / "tiny" / "results.json").read_bytes()
    assert main([*args, str(flowers.rename(tmp_path / name))]) == 0
    assert (tmp_path / "out" / "tiny" / "results.json").read_bytes() == before
    assert len(list((tmp_path / "out").glob("tiny-*/index.html"))) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_a_study_on_your_own_pictures(flowers, tmp_path, capsys):
    args = ["study", "run", "tiny", "--seeds", "1", "--out", str(tmp_path / "out"), "--data"]
    assert main([*args, str(flowers)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "A tiny study, on flowers: One network" in captured.out
    folder = tmp_path / "out" / "tiny-flowers"
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    (experiment,) = results["study"]["experiments"]
    assert experiment["data"] == "flowers"
    assert experiment["comparison"]["classes"] == ["daisy", "tulip"]
    assert results["study"]["published"] == []
    assert "not the images of the published study" in results["study"]["notes"][0]
    assert results["run"]["command"].startswith(f"skdigits study run tiny --data {flowers}")
    assert "A tiny study, on flowers" in (folder / "index.html").read_text(encoding="utf-8")
    # The same images are not trained on again, others of the same name are.
    for n_runs in (1, 2):
        assert main([*args, str(flowers)]) == 0
        assert len(list((folder / "runs").iterdir())) == n_runs
        save(flowers / "daisy" / "0.png", size=(9, 8), color=1)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["cnn-vs-mlp", "--data", "cats"], "unknown --data 'cats'; choose from digits, mnist"),
        (["cnn-vs-mlp", "--data", "mnist,cats"], "unknown --data 'cats'"),
        (["cnn-vs-mlp", "--data", "mnist,{flowers}"], "names of data sets, or one path"),
        (["cnn-vs-mlp", "--data", "{flowers}/x"], "there is no such folder or file"),
        (["binary", "--data", "{flowers}"], "the study 'binary' is about 2 classes, and 'flowers'"),
    ],
)
def test_bad_data_of_a_study(args, message, flowers, tmp_path, capsys):
    save(flowers / "rose" / "1.png", size=(9, 8))
    save(flowers / "rose" / "2.png", size=(9, 8))
    args = [arg.format(flowers=flowers) for arg in args]
    assert main(["study", "run", *args, "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.usefixtures("tiny")
def test_a_study_on_a_folder_whose_name_is_not_utf_8(flowers, tmp_path, capsys):
    folder = flowers.rename(tmp_path / os.fsdecode(b"bl\xfcten"))
    args = ["study", "run", "tiny", "--seeds", "1", "--out", str(tmp_path / "out")]
    assert main([*args, "--data", str(folder)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert r"A tiny study, on bl\udcfcten" in captured.out
    # So may be the names of arrays.
    rows = np.arange(20)
    data = {folder.name: (np.zeros((20, 6, 6), np.uint8), rows % 2) * 2}
    run_study(TINY, data=data, n_seeds=1, folder=tmp_path / "arrays")


@pytest.mark.parametrize("is_rare", slow_but([False, True], True))
def test_quick_version_on_any_number_of_images(is_rare):
    y = np.arange(2_005) % 10
    y[0] = 10 if is_rare else 0  # a class of one image
    X = np.zeros((2_005, 4, 4), np.uint8)
    data = {"mine": (X, y, X[:1_005], y[:1_005])}
    result = run_study(TINY, data=data, n_seeds=1, quick=True)
    _, y_test, class_names = evaluated_images(result, data)["mine"]
    assert np.unique(y_test).astype(str).tolist() == sorted(class_names, key=int)
    assert 1_000 <= len(y_test) <= 1_005


def test_a_study_on_your_own_arrays():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (20, 6, 6, 3), dtype=np.uint8), np.arange(20) % 2
    result = run_study(TINY, data={"mine": (X, y, X[:6], y[:6])}, n_seeds=1)
    assert result.title == "A tiny study, on mine"
    assert result.experiments[0].comparison.image_shape == [6, 6, 3]
    assert result.published == []
    with pytest.raises(ValueError, match="is about 3 classes, and 'mine' has 2"):
        run_study(replace(TINY, n_classes=3), data={"mine": (X, y, X, y)})
    with pytest.raises(ValueError, match="the test set of 'mine' has labels that its training"):
        run_study(TINY, data={"mine": (X, y, X, y + 1)})
    with pytest.raises(ValueError, match=r"must be \(n, height, width\)"):
        run_study(TINY, data={"mine": (X, y, X[:, 1:], y)})
