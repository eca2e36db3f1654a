"""`skdigits export`, and `skdigits predict` with what it writes."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import typer
from pictures import save_array
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from support import mlp

import skdigits
from skdigits._onnx_model import OnnxModel
from skdigits.cli import EXTRAS, main
from skdigits.cli._app import app
from skdigits.datasets import fetch_fashion_mnist, load_digits
from skdigits.preprocessing import DigitNormalizer

# What predictions with ONNX Runtime do without. Finders are asked before anything is imported.
WITHOUT = """
import sys
ABSENT = ("tensorflow", "keras", "scikeras", "sklearn", "scipy", "skops", "joblib", "matplotlib",
          "tqdm", "requests", "typer", "rich", "jinja2", "onnx", "skl2onnx")
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


def without_packages(*args, **options):
    """Run the command line where only numpy, Pillow and ONNX Runtime are installed."""
    code = f"{WITHOUT}\nfrom skdigits.cli import main\nsys.exit(main({list(args)!r}))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder with a model of coloured images as m.skd and m.onnx, and pictures."""
    folder = tmp_path_factory.mktemp("trained")
    rng = np.random.default_rng(0)
    X = rng.integers(0, 60, (40, 12, 10, 3), dtype=np.uint8)
    X[:20, ..., 0] += 150
    X[20:, ..., 2] += 150
    network = skdigits.CNNClassifier(4, filters=2, epochs=20, random_state=0)
    skdigits.save(network.fit(X, np.repeat(["red", "blue"], 20)), folder / "m.skd")
    assert main(["export", str(folder / "m.skd"), str(folder / "m.onnx")]) == 0
    save_array(folder / "new" / "1.png", X[0])
    save_array(folder / "new" / "2.jpg", np.kron(X[30], np.ones((4, 4, 1), np.uint8)))
    (folder / "new" / "3.png").write_bytes(b"no picture")
    return folder


def predicted(capsys, *args):
    assert main(["predict", *map(str, args), "--format", "json"]) == 1
    return json.loads(capsys.readouterr().out)


def test_both_files_predict_the_same(trained, capsys):
    found = predicted(capsys, trained / "m.onnx", trained / "new")
    expected = predicted(capsys, trained / "m.skd", trained / "new")
    assert [each.get("label") for each in found] == ["red", "blue", None]
    assert found[2] == expected[2]
    for each, other in zip(found[:2], expected[:2], strict=True):
        assert each["path"] == other["path"]
        assert each["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)


def test_numpy_pillow_and_onnxruntime_are_enough(trained, capsys):
    expected = predicted(capsys, trained / "m.onnx", trained / "new")
    args = ("predict", str(trained / "m.onnx"), str(trained / "new"), "-")
    picture = (trained / "new" / "1.png").read_bytes()
    done = without_packages(*args, "--format", "json", input=picture)
    assert done.returncode == 1
    *found, piped = json.loads(done.stdout)
    assert found == expected
    assert piped == {**expected[0], "path": "-"}
    assert done.stderr == b"skdigits: 1 of 4 pictures could not be used\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["compare"], 'typer is missing: pip install "skdigits[cli]"'),
        (["predict", "m.onnx", "x.png", "--colour"], "unrecognized arguments: --colour"),
        (["predict", "m.onnx"], "the following arguments are required: PICTURE"),
        (["predict", "m.onnx", "x.png", "--top", "many"], "argument --top: invalid int value"),
        (["predict", "none.onnx", "x.png"], "No such file"),
        (["predict", "m.skd", "x.png"], "is missing: pip install"),
        (["predict", "new/1.png.onnx", "x.png"], "ONNX Runtime cannot read new/1.png.onnx"),
    ],
)
def test_wrong_use_without_typer_is_one_line(trained, args, message):
    (trained / "new" / "1.png.onnx").write_bytes(b"no graph")
    try:
        done = without_packages(*args, cwd=trained)
    finally:
        (trained / "new" / "1.png.onnx").unlink()
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", done.stderr.decode())
    assert message in done.stderr.decode()


def test_both_parsers_take_the_same_arguments():
    done = without_packages("predict", "--help")
    assert done.returncode == 0
    declared = typer.main.get_command(app).commands["predict"].params
    words = {word for param in declared for word in (*param.opts, param.metavar) if word}
    assert {"--top", "--format", "table|json|csv", "MODEL", "--quiet", "-q"} < words
    for word in words - {"model", "pictures"}:  # names of positional arguments in the code
        assert word.removesuffix("...") in done.stdout.decode()


def test_every_package_that_may_be_missing_is_known():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    needed = {"": project["dependencies"]}
    for extra in ("cli", "onnx", "tune", "serve"):
        needed[f"[{extra}]"] = project["optional-dependencies"][extra]
    for extra, requirements in needed.items():
        names = {re.match(r"[\w-]+", each)[0] for each in requirements}
        assert names - {"skdigits"} == set(EXTRAS[extra])


def test_export_says_what_it_has_written(trained, tmp_path, capsys):
    path = tmp_path / "new folder" / "m.onnx"
    assert main(["export", str(trained / "m.skd"), str(path)]) == 0
    captured = capsys.readouterr()
    size = f"{path.stat().st_size / 1e3:.0f} kB"
    assert captured == (f"Written: {path} ({size})\n", "")
    assert main(["export", str(trained / "m.skd"), str(path), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_file_for_normalised_digits(tmp_path, monkeypatch, capsys):
    X, y = load_digits(return_X_y=True)
    network = mlp(hidden_layer_sizes=8, epochs=5)
    pipeline = make_pipeline(DigitNormalizer(), network.fit(X[:300], y[:300]))
    skdigits.save(pipeline, tmp_path / "d.skd")
    replace, notes = os.replace, []

    def replace_and_read(*paths):
        replace(*paths)
        notes.append(OnnxModel(tmp_path / "d.onnx").normalizes_digits)

    monkeypatch.setattr(os, "replace", replace_and_read)
    assert main(["export", str(tmp_path / "d.skd"), str(tmp_path / "d.onnx")]) == 0
    assert notes == [True]  # the file is never there without it
    assert "It takes digits in MNIST's form" in capsys.readouterr().out
    model = OnnxModel(tmp_path / "d.onnx")
    np.testing.assert_allclose(model.predict_proba(X[:9]), network.predict_proba(X[:9]), atol=1e-5)
    page = np.full((60, 90), 230, np.uint8)
    page[10:38, 30:58] -= (X[0] * 0.8).astype(np.uint8)
    save_array(tmp_path / "page.png", page)
    found = []
    for name in ("d.skd", "d.onnx"):
        main(["predict", str(tmp_path / name), str(tmp_path / "page.png"), "--format", "json"])
        found += json.loads(capsys.readouterr().out)
    assert found[0]["probabilities"] == pytest.approx(found[1]["probabilities"], abs=1e-5)


def test_a_page_for_normalised_digits(tmp_path, capsys):
    X, y = load_digits(return_X_y=True)
    network = mlp(hidden_layer_sizes=8, epochs=1)
    pipeline = make_pipeline(DigitNormalizer(), network.fit(X[:300], y[:300].astype(str) + "!"))
    skdigits.save(pipeline, tmp_path / "d.skd")
    assert main(["export", str(tmp_path / "d.skd"), str(tmp_path / "d.html")]) == 0
    assert "It takes digits" not in capsys.readouterr().out
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert '"digits": true' in page
    assert '"9!"' in page


def test_options_of_a_page(tmp_path, capsys):
    X, y = load_digits(return_X_y=True)
    network = mlp(hidden_layer_sizes=32, epochs=1)
    skdigits.save(network.fit(X[:100], y[:100]), tmp_path / "m.skd")
    sizes = []
    for weights in ([], ["--weights", "float32"]):
        args = ["export", str(tmp_path / "m.skd"), str(tmp_path / "m.html"), *weights]
        assert main([*args, "--title", "<Draw> one"]) == 0
        text = (tmp_path / "m.html").read_text(encoding="utf-8")
        assert "<h1>&lt;Draw&gt; one</h1>" in text
        sizes.append(len(text))
    assert sizes[1] > sizes[0] + 2 * 784 * 32  # two more bytes for each weight


def test_a_model_of_rows_is_tried_on_images(tmp_path, capsys):
    X, y = load_digits(return_X_y=True)
    network = mlp(hidden_layer_sizes=8, epochs=1)
    model = make_pipeline(PCA(5), network).fit(X[:300].reshape(300, -1), y[:300])
    skdigits.save(model, tmp_path / "p.skd")
    args = [str(tmp_path / "p.skd"), str(tmp_path / "p.onnx")]
    assert main(["export", *args, "--data", "digits"]) == 0
    picture = save_array(tmp_path / "1.png", X[0])
    main(["predict", args[1], str(picture), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert found["label"] == str(model.predict(X[:1].reshape(1, -1))[0])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["{model}"], "Missing argument 'FILE'"),
        (["{model}", "m.pkl"], "The suffix decides the format"),
        (["{model}", "m.onnx", "--data", "cats"], "unknown --data 'cats'"),
        (["{model}", "m.onnx", "--data", "digits"], "images of another size"),
        (["{model}", "m.onnx", "--quantize", "float16"], "'quantize' is not for files of the"),
        (["{model}", "m.onnx", "--title", "Red"], "'title' is not for files of the"),
        (["{model}", "m.html", "--weights", "float64"], "weights must be 'float16' or 'float32'"),
        (["{model}", "m.tflite", "--quantize", "int8"], "give those of the training by --data"),
        (["{model}", "{folder}"], "is a folder"),
        (["{model}", "{model}/m.onnx"], "is not a folder"),
        (["none.skd", "m.onnx"], "none.skd"),
        (["{onnx}", "m.onnx"], "give the file of the model"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(trained, tmp_path, monkeypatch, capsys, args, message):
    monkeypatch.chdir(tmp_path)
    names = {"model": trained / "m.skd", "onnx": trained / "m.onnx", "folder": trained / "new"}
    assert main(["export", *(arg.format(**names) for arg in args)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err
    assert os.listdir(tmp_path) == []


def test_help_has_an_example(capsys):
    assert main(["export", "--help"]) == 0
    assert "skdigits export flowers.skd flowers.onnx" in capsys.readouterr().out


@pytest.mark.slow
def test_from_a_folder_of_garments_to_predictions_without_tensorflow(
    data_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    monkeypatch.chdir(tmp_path)
    garments = fetch_fashion_mnist(subset="test")
    names = garments.target_names
    for number in range(200):
        label = names[garments.target[number]].replace("/", "-")
        save_array(tmp_path / "garments" / label / f"{number}.png", garments.data[number])
    args = ["--data", "garments", "--model", "cnn", "--out", "garments.skd"]
    assert main(["train", *args]) == 0
    assert main(["evaluate", "garments.skd", "--data", "garments", "--out", "page"]) == 0
    assert main(["export", "garments.skd", "garments.onnx"]) == 0
    capsys.readouterr()
    assert main(["predict", "garments.skd", "garments", "--format", "json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    done = without_packages("predict", "garments.onnx", "garments", "--format", "json")
    assert (done.returncode, done.stderr) == (0, b"")
    found = json.loads(done.stdout)
    assert len(found) == len(expected) == 200
    for each, other in zip(found, expected, strict=True):
        assert each["path"] == other["path"]
        assert each["label"] == other["label"]
        assert each["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
    right = [Path(each["path"]).parent.name == each["label"] for each in found]
    assert sum(right) > 180  # most of them are training images
