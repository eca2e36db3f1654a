"""A folder that has a page of another command keeps it, or the user is told."""

import json
import re

import pytest

from skdigits.cli import main


def compare(folder, *args):
    return main(["compare", "--models", "dummy", "--out", str(folder), *args])


def test_the_same_command_replaces_its_page_silently(tmp_path, capsys):
    assert compare(tmp_path) == 0
    assert compare(tmp_path) == 0
    assert capsys.readouterr().err == ""


def test_other_options_replace_the_page_and_say_so(tmp_path, capsys):
    assert compare(tmp_path) == 0
    assert compare(tmp_path, "--seed", "1") == 0
    told = capsys.readouterr().err
    assert told.startswith(f"skdigits: {tmp_path} has the results of `skdigits compare --data")
    assert "--seed 0" in told
    assert "will be replaced" in told
    assert json.loads((tmp_path / "results.json").read_text())["comparison"]["random_state"] == 1


@pytest.mark.parametrize(
    "command",
    [
        ["study", "run", "binary", "--quick"],
        ["tune", "--data", "digits", "--model", "mlp", "--trials", "1"],
        ["evaluate", "model.skd", "--data", "digits"],
    ],
)
def test_the_page_of_another_command_is_kept(tmp_path, capsys, command):
    assert compare(tmp_path) == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    assert main([*command, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "has the results of `skdigits compare --data digits" in error
    assert "give another --out" in error
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_pages_of_studies_are_kept(tmp_path, capsys):
    assert compare(tmp_path / "binary") == 0
    results = tmp_path / "binary" / "results.json"
    text = results.read_text(encoding="utf-8")
    results.write_text(text.replace("skdigits compare ", "skdigits study run binary "), "utf-8")
    (tmp_path / "index.html").write_text("<h1>All studies</h1>")
    capsys.readouterr()
    assert compare(tmp_path) == 2
    assert "has the results of `skdigits study run`; give another" in capsys.readouterr().err


def test_the_page_beside_a_model_is_kept(tmp_path, capsys):
    assert compare(tmp_path / "model-page") == 0
    out = str(tmp_path / "model.skd")
    assert main(["train", "--data", "digits", "--model", "mlp", "--out", out]) == 2
    assert "model-page has the results of `skdigits compare" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["compare", "--models", "dummy"], ["study", "run", "binary"]])
@pytest.mark.parametrize("content", ["<h1>My site</h1>", "{}"])
def test_a_page_of_your_own_is_kept(tmp_path, capsys, command, content):
    page = tmp_path / ("index.html" if "<" in content else "results.json")
    page.write_text(content)
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert re.search("has a page that .* has not written", capsys.readouterr().err)
    assert page.read_text() == content
    assert len(list(tmp_path.iterdir())) == 1
