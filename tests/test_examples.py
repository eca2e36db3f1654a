"""The examples run, and print what their text promises."""

import ast
import inspect
import re
import runpy
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

import skdigits.inspection

matplotlib.use("Agg")

EXAMPLES = Path(__file__).parents[1] / "examples"
NEED_DATA = {"03_cross_validation"}
# The lowest that the last accuracy printed may be; what is left to chance is the processor's.
LEAST_ACCURACY = {
    "01_pipeline": 0.90,
    "02_randomized_search": 0.85,
    "03_cross_validation": 0.98,
    "04_callbacks_and_early_stopping": 0.85,
    "05_networks_in_keras": 0.85,
    "06_pickle_and_go_on": 0.80,
    "07_sample_images_and_confusions": 0.85,
    "08_inside_a_network": 0.85,
    "09_digits_people_write": 0.85,
    "10_averaged_networks": 0.90,
    "11_residual_network": 0.85,
    "12_onnx_without_tensorflow": 0.90,
    "13_page_that_classifies": 0.85,
}
LONG = {
    "02_randomized_search",
    "03_cross_validation",
    "04_callbacks_and_early_stopping",
    "05_networks_in_keras",
    "06_pickle_and_go_on",
    "07_sample_images_and_confusions",
    "08_inside_a_network",
    "09_digits_people_write",
    "10_averaged_networks",
    "11_residual_network",
    "12_onnx_without_tensorflow",
    "13_page_that_classifies",
}
WRITTEN = {"13": "page.html"}


PATHS = sorted(EXAMPLES.glob("*.py"))


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow) if path.stem in LONG else path for path in PATHS],
    ids=[path.stem for path in PATHS],
)
def test_example(path, request, monkeypatch, tmp_path, capsys):
    if path.stem in NEED_DATA:
        monkeypatch.setenv("SKDIGITS_DATA", str(request.getfixturevalue("data_folder")))
    monkeypatch.chdir(tmp_path)
    file = WRITTEN.get(path.stem[:2])
    monkeypatch.setattr("sys.argv", [str(path), file or "nothing"])
    monkeypatch.setattr(plt, "show", lambda: None)  # it warns if there is no screen
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr()
    accuracies = re.findall(r"accuracy.*?(\d\.\d{3})", printed.out)
    assert float(accuracies[-1]) >= LEAST_ACCURACY[path.stem]
    assert printed.err == ""
    assert plt.get_fignums() or file, "it draws nothing for the gallery"
    plt.close("all")
    assert [each.name for each in tmp_path.iterdir()] == ([file] if file else [])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_an_example_uses_names_and_arguments_that_exist(path):
    """As far as one can see without running it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, type_ignores=[]), str(path), "exec"), names := {})

    def found(node):
        """Return what a name of an import stands for, also with attributes; else None."""
        if isinstance(node, ast.Name):
            return names.get(node.id)
        owner = found(node.value) if isinstance(node, ast.Attribute) else None
        return owner if owner is None else getattr(owner, node.attr)

    for node in nodes:
        function = found(node.func if isinstance(node, ast.Call) else node)
        if isinstance(node, ast.Call) and getattr(function, "__module__", "")[:8] == "skdigits":
            given = [keyword.arg for keyword in node.keywords]
            inspect.signature(function).bind_partial(**dict.fromkeys(given))


def test_every_display_has_an_example():
    text = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.py"))
    for name in skdigits.inspection.__all__:
        assert not name.endswith("Display") or f"{name}.from" in text


def test_every_example_is_listed():
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f"[{path.name}]({path.name})" in listed
