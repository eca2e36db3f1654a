"""Docstrings of public names have numpydoc's form, and the API reference lists the names."""

import importlib
import inspect
from pathlib import Path

import pytest
from numpydoc.validate import validate

MODULES = [
    "skdigits",
    *(
        f"skdigits.{name}"
        for name in (
            *("datasets", "ensemble", "inspection", "metrics", "model_selection", "networks"),
            *("persistence", "preprocessing", "report", "studies", "tuning"),
        )
    ),
]
NAMES = [
    f"{module}.{name}"
    for module in MODULES
    for name in importlib.import_module(module).__all__
    if name != "STUDIES"  # a dict
]
OFF = {
    "ES01",  # a name that one sentence describes needs no second one
    "SA01",  # nor does it need a neighbour
    "RT02",  # results have names, as in scikit-learn
}
API = Path(__file__).parents[1] / "docs" / "api.md"


@pytest.mark.parametrize("name", NAMES)
def test_docstring(name):
    found = getattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2])
    off = OFF | {"EX01", "PR01"} if is_result(found) else OFF
    assert errors(name, off) == []
    for method in own_methods(found):
        assert errors(f"{name}.{method}", OFF | {"EX01"}) == []  # the class has the example


@pytest.mark.parametrize("name", NAMES)
def test_api_reference_lists_the_name(name):
    lines = API.read_text(encoding="utf-8").splitlines()
    at_the_top = name.replace(".persistence.", ".").removeprefix("skdigits.")
    assert f"   {at_the_top}" in lines


def errors(name, off):
    return [error for error in validate(name)["errors"] if error[0] not in off]


def is_result(found):
    """Tell whether an object is what a function returns: it has attributes and no parameters."""
    doc = inspect.getdoc(found)
    return inspect.isclass(found) and "Attributes\n---" in doc and "Parameters\n---" not in doc


def own_methods(found):
    """Return the names of the public methods that this package has written."""
    if not inspect.isclass(found):
        return []
    methods = (each for each in inspect.getmembers(found, callable) if not each[0].startswith("_"))
    return [name for name, value in methods if value.__module__.startswith("skdigits")]
