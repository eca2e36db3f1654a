"""The one list of classifiers, and those who read it."""

from pathlib import Path

import pytest
from sklearn.base import is_classifier
from test_common import ESTIMATORS
from typer.testing import CliRunner

import skdigits
from skdigits._classifier_registry import CLASSIFIERS, SHORT_NAMES
from skdigits.cli._app import app
from skdigits.studies import STUDIES

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_each_is_a_name_of_the_package(name):
    assert name in skdigits.__all__
    assert name in dir(skdigits)
    found = getattr(skdigits, name)
    assert (found.__name__, found.__module__) == (name, CLASSIFIERS[name].module)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_each_passes_scikit_learn_s_checks(name):
    assert name in {type(estimator).__name__ for estimator in ESTIMATORS}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_each_is_in_the_user_guide(name):
    assert f"`{name}" in (DOCS / "user_guide.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("short_name", "name"), SHORT_NAMES.items())
def test_a_short_name_is_a_model_without_arguments(short_name, name):
    assert is_classifier(getattr(skdigits, name)())
    assert f"`{short_name}`" in (DOCS / "compare.md").read_text(encoding="utf-8")
    shown = CliRunner().invoke(app, ["compare", "--help"], env={"COLUMNS": "200"}).output
    assert f"{short_name}, " in shown


def test_studies_name_their_models_by_short_names():
    for study in STUDIES.values():
        for experiment in study.experiments:
            models = getattr(experiment, "models", None) or {"": experiment.model}
            assert {model.estimator for model in models.values()} <= set(SHORT_NAMES)
