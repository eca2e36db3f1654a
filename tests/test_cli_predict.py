"""`skdigits predict`: pictures of all kinds, in all formats, in any folder and through any pipe."""

import csv
import io
import json
import os
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from pictures import save, save_array
from PIL import ExifTags, Image
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support import mlp, slow_but, tiny

import skdigits
from skdigits.cli import main
from skdigits.datasets import load_digits, load_images
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

LABELS = ["dark", "grey", 'light, "very"\nlight']  # what CSV has to quote


@pytest.fixture(scope="module")
def images():
    """Return images of 12 x 12 pixels that differ in brightness, and their labels."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.integers(g, g + 30, (20, 12, 12), np.uint8) for g in (20, 110, 200)])
    return X, np.repeat(LABELS, 20)


@pytest.fixture(scope="module")
def model(images, tmp_path_factory):
    """Return the path of a quick model of these images, as rows."""
    X, y = images
    path = tmp_path_factory.mktemp("model") / "model.skd"
    return str(skdigits.save(GaussianNB(var_smoothing=0.1).fit(X.reshape(60, -1), y), path))


@pytest.fixture
def folder(images, tmp_path):
    """Return a folder of three pictures, one in a folder below."""
    X, _ = images
    save_array(tmp_path / "new" / "1.png", X[0])
    save_array(tmp_path / "new" / "2.PNG", X[20])
    save_array(tmp_path / "new" / "more" / "3.bmp", X[40])
    return tmp_path / "new"


def predicted(capsys, *args):
    """Return what the command prints as JSON."""
    assert main(["predict", *map(str, args), "--format", "json"]) in (0, 1)
    return json.loads(capsys.readouterr().out)


# What is printed


def test_a_table(model, folder, capsys):
    assert main(["predict", model, str(folder)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    head, *rows = captured.out.splitlines()
    assert head.split() == ["Picture", "Label", "Probability"]
    assert [re.split(r" {2,}", row) for row in rows] == [
        [str(folder / "1.png"), "dark", "100.00 %"],
        [str(folder / "2.PNG"), "grey", "100.00 %"],
        [str(folder / "more" / "3.bmp"), r'light, "very"\nlight', "100.00 %"],
    ]
    assert len({len(row) for row in (head, *rows)}) == 1


def test_json_has_the_probabilities_of_the_model(model, images, folder, capsys):
    found = predicted(capsys, model, folder)
    X, _ = images
    expected = skdigits.load(model).predict_proba(X[[0, 20, 40]].reshape(3, -1))
    assert [each["path"] for each in found] == [
        str(folder / name) for name in ("1.png", "2.PNG", os.path.join("more", "3.bmp"))
    ]
    for each, row, label in zip(found, expected, LABELS, strict=True):
        assert set(each) == {"path", "label", "probabilities"}
        assert each["label"] == label == next(iter(each["probabilities"]))
        assert each["probabilities"] == dict(zip(sorted(LABELS), row.tolist(), strict=True))


def test_csv_can_be_read(model, folder, capsys):
    assert main(["predict", model, str(folder), "--top", "2", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["path"] for row in rows] == [
        each["path"] for each in predicted(capsys, model, folder)
    ]
    assert [row["label"] for row in rows] == LABELS
    for row in rows:
        assert list(row) == ["path", "label", "probability", "label_2", "probability_2", "error"]
        assert float(row["probability"]) >= float(row["probability_2"])
        assert row["error"] == ""


@pytest.mark.parametrize("top", [1, 2, 3, 100])
def test_the_most_probable_labels(model, folder, capsys, top):
    picture = str(folder / "1.png")
    (found,) = predicted(capsys, model, picture, "--top", top)
    values = list(found["probabilities"].values())
    assert len(values) == min(top, 3)
    assert values == sorted(values, reverse=True)
    main(["predict", model, picture, "--top", str(top)])
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[1:] == ["Label", "Probability"] * min(top, 3)
    assert row.count("%") == min(top, 3)


def test_a_model_without_probabilities(images, folder, tmp_path, capsys):
    X, y = images
    path = skdigits.save(RidgeClassifier().fit(X.reshape(60, -1), y), tmp_path / "m.skd")
    assert [each["label"] for each in predicted(capsys, path, folder)] == LABELS
    assert {each["probabilities"] for each in predicted(capsys, path, folder)} == {None}
    main(["predict", str(path), str(folder / "1.png")])
    assert capsys.readouterr().out.splitlines()[1].split()[1:] == ["dark", "-"]


def test_whole_numbers_are_labels_as_text(tmp_path, capsys):
    X, y = load_digits(return_X_y=True)
    path = skdigits.save(GaussianNB().fit(X.reshape(len(X), -1), y), tmp_path / "m.skd")
    (found,) = predicted(capsys, path, save_array(tmp_path / "1.png", X[3]))
    assert found["label"] == str(y[3])
    assert set(found["probabilities"]) == set("0123456789")


def test_probabilities_that_are_not_numbers_are_strict_json(folder, images, tmp_path, capsys):
    X, y = images
    broken = GaussianNB().fit(X.reshape(60, -1), y)
    broken.theta_[:] = np.nan
    path = skdigits.save(broken, tmp_path / "m.skd")
    (found,) = predicted(capsys, path, folder / "1.png")
    assert list(found["probabilities"].values()) == [None] * 3


# Pictures that cannot be read


def test_a_bad_picture_does_not_stop_the_others(model, folder, capsys):
    (folder / "2.PNG").write_bytes(b"no picture")
    missing = str(folder / "none.png")
    assert main(["predict", model, str(folder), missing]) == 1
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 3
    assert captured.err.splitlines() == [
        f"skdigits: {folder / '2.PNG'}: the file is not a picture in a known format; save it as "
        "PNG or JPEG",
        f"skdigits: {missing}: there is no such file",
        "skdigits: 2 of 4 pictures could not be used",
    ]


def test_json_and_csv_have_the_errors(model, folder, capsys):
    (folder / "1.png").write_bytes(b"")
    found = predicted(capsys, model, folder)
    assert found[0] == {"path": str(folder / "1.png"), "error": "the file is empty"}
    assert ["error" in each for each in found] == [True, False, False]
    assert main(["predict", model, str(folder), "--format", "csv", "--quiet"]) == 1
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out)))
    assert [row["error"] for row in rows] == ["the file is empty", "", ""]
    assert rows[0]["label"] == rows[0]["probability"] == ""
    assert captured.err == ""


def test_a_folder_without_pictures(model, tmp_path, capsys):
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    assert main(["predict", model, str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured == ("", f"skdigits: {tmp_path}: there are no pictures in this folder\n")


def test_a_pattern_that_the_shell_has_left(model, folder, capsys):
    found = predicted(capsys, model, folder / "*.png", folder / "*.jpg")
    assert found[0]["path"] == str(folder / "1.png")
    assert found[-1] == {"path": str(folder / "*.jpg"), "error": "there is no such file"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX shells")
def test_a_home_folder_that_the_shell_has_left(model, folder, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(folder))
    (folder / "m.skd").symlink_to(model)
    (found,) = predicted(capsys, "~/m.skd", "~/1.png")
    assert found["path"] == str(folder / "1.png")
    assert found["label"] == "dark"


def test_hidden_files_and_links_back(model, folder, capsys):
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "more" / "back").symlink_to(folder)
    (folder / "labels.csv").write_text("x")
    assert len(predicted(capsys, model, folder)) == 3


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(model, folder, capsys):
    (folder / "more").chmod(0)
    try:
        found = predicted(capsys, model, folder)
    finally:
        (folder / "more").chmod(0o700)
    assert [each.get("error", "")[:30] for each in found] == [
        "",
        "",
        "the folder cannot be read ([",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
@pytest.mark.parametrize(
    "name",
    ["two words.png", "#1 'a' \"b\".png", "é 日本 😀.png", "a\nb.png", "\udce9.png", "-x.png"],
)
def test_pictures_of_any_name(model, images, tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(save_array(tmp_path / "a b" / name, images[0][0]).parent)
    assert main(["predict", model, "--format", "json", "--", name]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["label"] == "dark"
    assert found[0]["path"] == name.encode("utf-8", "backslashreplace").decode()
    for format_ in ("table", "csv"):
        assert main(["predict", model, ".", "--format", format_]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert len(captured.out.splitlines()) == (5 if name == "a\nb.png" else 4)


# Standard input


def piped(monkeypatch, content, isatty=False):
    stdin = SimpleNamespace(buffer=io.BytesIO(content), isatty=lambda: isatty)
    monkeypatch.setattr(sys, "stdin", stdin)


def test_a_picture_on_standard_input(model, folder, monkeypatch, capsys):
    piped(monkeypatch, (folder / "2.PNG").read_bytes())
    found = predicted(capsys, model, "-", folder / "1.png")
    assert [(each["path"], each["label"]) for each in found] == [
        ("-", "grey"),
        (str(folder / "1.png"), "dark"),
    ]


@pytest.mark.parametrize(
    ("content", "isatty", "error"),
    [
        (b"", False, "the file is empty"),
        (b"no picture", False, "the file is not a picture in a known format"),
        (b"", True, "no picture is piped into the command"),
    ],
)
def test_no_picture_on_standard_input(model, monkeypatch, capsys, content, isatty, error):
    piped(monkeypatch, content, isatty)
    assert main(["predict", model, "-"]) == 1
    assert re.fullmatch(rf"skdigits: -: {error}[^\n]*\n", capsys.readouterr().err)


# Any terminal


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_terminal_that_lacks_characters(images, tmp_path, monkeypatch, encoding):
    X, y = images
    labels = np.char.replace(y, "grey", "gré日")
    path = str(skdigits.save(GaussianNB().fit(X.reshape(60, -1), labels), tmp_path / "m.skd"))
    picture = str(save_array(tmp_path / "日.png", X[20]))
    for format_ in ("table", "csv", "json"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="strict", newline="")
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["predict", path, picture, "--top", "1", "--format", format_]) == 0
        text = stream.buffer.getvalue().decode(encoding)
        if format_ == "json":
            (found,) = json.loads(text)
            assert (found["path"], found["label"]) == (picture, "gré日")
        elif encoding == "utf-8":
            assert "gré日" in text
        else:
            assert r"\u65e5" in text


# Forms of pictures


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    """Return the path of a network that tells red from blue, from images of 12 x 10 pixels."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 60, (40, 12, 10, 3), dtype=np.uint8)
    X[:20, ..., 0] += 150
    X[20:, ..., 2] += 150
    network = mlp(hidden_layer_sizes=4, epochs=30, learning_rate=0.01)
    network.fit(X, np.repeat(["red", "blue"], 20))
    return str(skdigits.save(network, tmp_path_factory.mktemp("colours") / "c.skd"))


def rotated(path):
    """Write a picture that is red on its upper half, and lies on its side in the file."""
    pixels = np.zeros((40, 48, 3), np.uint8)
    pixels[..., 0] = 180
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return save_array(path, pixels, exif=exif)


PICTURES = {
    "large.png": lambda path: save(path, size=(480, 400), mode="RGB", color=(180, 20, 20)),
    "small.png": lambda path: save(path, size=(3, 2), mode="RGB", color=(180, 20, 20)),
    "wide.png": lambda path: save(path, size=(30, 400), mode="RGB", color=(180, 20, 20)),
    "upper.JPG": lambda path: save(path, size=(50, 40), mode="RGB", color=(180, 20, 20)),
    "alpha.png": lambda path: save(path, mode="RGBA", color=(180, 20, 20, 255)),
    "palette.gif": lambda path: save(path, mode="RGB", color=(180, 20, 20)),
    "cmyk.jpg": lambda path: save(path, size=(40, 40), mode="CMYK", color=(70, 235, 235, 0)),
    "turned.jpg": rotated,
    "web.webp": lambda path: save(path, size=(40, 40), mode="RGB", color=(180, 20, 20)),
    "no suffix": lambda path: save(path, mode="RGB", color=(180, 20, 20), format="PNG"),
    "animated.gif": lambda path: save(
        path,
        mode="RGB",
        color=(180, 20, 20),
        save_all=True,
        append_images=[Image.new("RGB", (6, 6), (20, 20, 180))],
    ),
}


# Larger, smaller, turned, and of other tones; the others go the same way as one of these.
QUICK_PICTURES = ["large.png", "wide.png", "palette.gif", "cmyk.jpg", "turned.jpg"]


@pytest.mark.parametrize("name", slow_but(PICTURES, *QUICK_PICTURES))
def test_every_picture_comes_to_the_form_of_the_training(colours, tmp_path, capsys, name):
    """As `load_images` brings it there."""
    path = PICTURES[name](tmp_path / "red" / name)
    (found,) = predicted(capsys, colours, path)
    X, _ = load_images(tmp_path, image_shape=(12, 10, 3), return_X_y=True)
    network = skdigits.load(colours)
    expected = dict(zip(network.classes_.tolist(), network.predict_proba(X)[0], strict=True))
    assert found["probabilities"] == {k: pytest.approx(float(v)) for k, v in expected.items()}
    assert found["label"] == "red"


@pytest.mark.parametrize(
    ("scaled", "steps"),
    [
        (lambda x: np.float32(x / 255), [ImageReshaper(), PixelScaler()]),
        (lambda x: np.uint16(x / 255 * 4095), []),
        (lambda x: x / 127.5 - 1, []),
        (lambda x: x / 78 - 0.4, [StandardScaler()]),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in [
                (lambda x: np.float32(x / 255), []),
                (lambda x: x / 255, [StandardScaler(with_mean=False)]),
                (lambda x: x / 255, [StandardScaler(), ImageReshaper()]),
                (lambda x: x / 255 * 16, []),
                (lambda x: np.uint16(x / 255 * 65535), []),
                (lambda x: x / 78 - 0.4, []),
                (lambda x: x / 2.55, []),
            ]
        ),
    ],
)
def test_pictures_come_to_the_scale_of_the_training(tmp_path, capsys, scaled, steps):
    X, y = load_digits(return_X_y=True)
    X, y = X[:200].reshape(200, -1), y[:200]
    pictures = [save_array(tmp_path / f"{n}.png", X[n].reshape(28, 28)) for n in range(3)]
    network = mlp(hidden_layer_sizes=4)
    model = make_pipeline(*steps, network).fit(scaled(X), y)
    expected = model.predict_proba(scaled(X[:3]))
    for write, name in ((skdigits.save, "m.skd"), (skdigits.export, "m.onnx")):
        found = predicted(capsys, write(model, tmp_path / name), *pictures)
        for each, row in zip(found, expected, strict=True):
            values = [each["probabilities"][str(label)] for label in model.classes_]
            np.testing.assert_allclose(values, row, atol=2e-3)


def test_dark_training_images_have_the_scale_of_bytes(images, folder, tmp_path, capsys):
    X, y = images
    model = mlp(hidden_layer_sizes=4).fit(X // 3, y)
    save_array(tmp_path / "dark.png", X[0] // 3)
    (found,) = predicted(capsys, skdigits.save(model, tmp_path / "m.skd"), tmp_path / "dark.png")
    values = [found["probabilities"][label] for label in model.classes_]
    np.testing.assert_allclose(values, model.predict_proba(X[:1] // 3)[0], atol=1e-4)


@pytest.mark.parametrize("white", slow_but([1, 16], 16))
def test_whole_numbers_may_have_a_smaller_scale_than_bytes(tmp_path, capsys, white):
    X, y = load_digits(return_X_y=True)
    small = np.round(X[:100] / (255 / white)).astype(np.uint8)
    picture = save_array(tmp_path / "one.png", X[0])  # also of tones between whole numbers
    model = mlp(hidden_layer_sizes=4)
    model.fit(small, y[:100])
    for write, name in ((skdigits.save, "m.skd"), (skdigits.export, "m.onnx")):
        (found,) = predicted(capsys, write(model, tmp_path / name), picture)
        values = [found["probabilities"][str(label)] for label in model.classes_]
        np.testing.assert_allclose(values, model.predict_proba(small[:1])[0], atol=2e-3)


@pytest.mark.parametrize("grey", ["L", "I;16", "1"])
def test_grey_pictures_for_a_network_of_colours(colours, tmp_path, capsys, grey):
    path = save(tmp_path / "1.png", mode=grey, color=1)
    assert predicted(capsys, colours, path)[0]["label"] in ("red", "blue")


def test_a_decompression_bomb_is_an_error(model, tmp_path, monkeypatch, capsys):
    path = save(tmp_path / "1.png", size=(50, 50))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    (found,) = predicted(capsys, model, path)
    assert "decompression bomb" in found["error"]


def test_digits_are_normalised(tmp_path, monkeypatch, capsys):
    """Dark ink on white paper, in pictures of several sizes; blank paper shows no digit."""
    X, y = load_digits(return_X_y=True)
    network = mlp(hidden_layer_sizes=16, epochs=5)
    pipeline = make_pipeline(DigitNormalizer(), network.fit(X[:300], y[:300]))
    path = skdigits.save(pipeline, tmp_path / "m.skd")
    pages = []
    for number in range(3):
        page = np.full((60 + number, 90), 230, np.uint8)
        page[10:38, 30:58] -= (X[number] * 0.8).astype(np.uint8)
        pages.append(save_array(tmp_path / "new" / f"{number}.png", page))
    save(tmp_path / "new" / "blank.png", size=(50, 50), color=200)
    *found, blank = predicted(capsys, path, tmp_path / "new")
    assert "it shows no digit" in blank["error"]
    expected = pipeline.predict_proba([str(page) for page in pages])
    for each, row in zip(found, expected, strict=True):
        values = [each["probabilities"][str(digit)] for digit in range(10)]
        np.testing.assert_allclose(values, row, rtol=1e-5)
    piped(monkeypatch, pages[0].read_bytes())
    assert predicted(capsys, path, "-")[0]["label"] == found[0]["label"]


def test_the_batches_are_joined(model, images, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("skdigits.cli._predictions.BATCH", 7)
    X, y = images
    for number in range(60):
        save_array(tmp_path / f"{number:02}.png", X[number])
    (tmp_path / "06x.png").write_bytes(b"")
    found = predicted(capsys, model, tmp_path)
    assert [each.get("label") for each in found] == [*y[:7], None, *y[7:]]


@pytest.mark.parametrize("format_", ["table", "json", "csv"])
def test_ctrl_c_is_one_line_and_exit_130(model, folder, monkeypatch, capsys, format_):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("skdigits._picture_model.read_file", interrupt)
    assert main(["predict", model, str(folder), "--format", format_]) == 130
    captured = capsys.readouterr()
    assert captured.err == "skdigits: interrupted\n"
    assert captured.out in ("", "path,label,probability,error\n")


# Wrong use


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["{model}"], "Missing argument 'PICTURE'"),
        ([], "Missing argument 'MODEL'"),
        (["{model}", "x.png", "--top", "0"], "--top must be at least 1, got 0"),
        (["{model}", "x.png", "--top", "many"], "Invalid value for '--top'"),
        (["{model}", "x.png", "--format", "xml"], "--format must be table, json, csv; got 'xml'"),
        (["none.skd", "x.png"], "error: none.skd: No such file or directory"),
        (["none.onnx", "x.png"], "none.onnx"),
        (["model.tflite", "x.png"], "a .tflite file cannot be used here"),
        (["{picture}", "{model}"], "1.png is not a model; give the model first"),
        (["{folder}", "{model}"], "is not a model; give the model first"),
        (["{table}", "x.png"], "labels.csv"),
        (["{columns}", "x.png"], "takes rows of 30 values, which are no pictures"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(model, folder, capsys, tmp_path, args, message):
    columns = skdigits.save(GaussianNB().fit(np.eye(30), [0, 1] * 15), tmp_path / "columns.skd")
    table = tmp_path / "labels.csv"
    table.write_text("path,label")
    names = {"model": model, "folder": folder, "picture": folder / "1.png", "columns": columns}
    names["table"] = table
    assert main(["predict", *(arg.format(**names) for arg in args)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err


NO_CLASSIFIERS = {
    "unfitted": lambda X, y: mlp(),
    "transformer": lambda X, y: PixelScaler().fit(X),
    "normalizer": lambda X, y: make_pipeline(DigitNormalizer()).fit(X),
    "columns": lambda X, y: mlp(image_shape=(144,)).fit(X.reshape(60, -1), y),
}


@pytest.mark.parametrize("name", NO_CLASSIFIERS)
def test_a_model_that_answers_for_no_pictures(name, images, tmp_path, capsys):
    model = NO_CLASSIFIERS[name](*images)
    assert main(["predict", str(skdigits.save(model, tmp_path / "m.skd")), "x.png"]) == 2
    told = "rows of 144 values, which are no pictures" if name == "columns" else "no fitted"
    assert re.fullmatch(
        rf"skdigits: error: [^\n]+m\.skd: .*{told}[^\n]*\n", capsys.readouterr().err
    )


def test_a_search_inside_of_a_pipeline_knows_the_size_of_the_pictures(tmp_path, capsys):
    X, y = tiny(shape=(8, 6))
    search = GridSearchCV(mlp(), {"epochs": [1]}, cv=2)
    model = make_pipeline(PixelScaler(), search).fit(X, y)
    picture = save_array(tmp_path / "1.png", X[0])
    (found,) = predicted(capsys, skdigits.save(model, tmp_path / "m.skd"), picture)
    expected = map(float, model.predict_proba(X[:1])[0])
    values = [found["probabilities"][str(label)] for label in model.classes_]
    np.testing.assert_allclose(values, list(expected), atol=1e-4)


def test_help_has_an_example(capsys):
    assert main(["predict", "--help"]) == 0
    assert "skdigits predict flowers.skd" in capsys.readouterr().out
