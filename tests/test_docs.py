"""The pages link to what is there, and README's commands stay one line each."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from skdigits.model_selection._measure import text_of_estimator
from skdigits.report import published_table
from skdigits.studies import STUDIES, PublishedResult
from skdigits.studies._measured_runs import make_estimator

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")]
)
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_reached_from_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        if page.name != "index.md":
            assert f"({page.name})" in index
            assert f"\n{page.stem}\n" in index, "in a toctree, for the site"


def test_first_code_of_readme_runs_as_it_stands(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]
    assert ">>>" not in code
    exec(code, {})
    accuracy = re.match(r"(\d+\.\d) ?%", capsys.readouterr().out)[1]
    assert float(accuracy) > 85


def test_readme_begins_with_two_commands_of_a_line():
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").split("\n")[:24]
    commands = [line for line in first_screen if line.startswith("python3 -m venv ")]
    assert len(commands) == 2
    assert "skdigits compare" in commands[0]
    assert "-m pytest" in commands[1]


def test_the_figures_of_the_studies_in_readme_are_those_of_their_page():
    readme, page = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/studies.md")
    )
    table = readme.split("## Five published studies")[1].split("\n## ")[0]
    figures = re.findall(r"[\d.]+ ± [\d.]+", table)
    assert len(figures) >= 5
    assert [figure for figure in figures if figure not in page] == []


@pytest.mark.parametrize("name", STUDIES)
def test_the_published_figures_of_a_study_are_those_of_its_results(name):
    page = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "studies" / name / "results.json").read_text(encoding="utf-8")
    published = json.loads(text)["study"]["published"]
    claims = SimpleNamespace(published=[PublishedResult(**claim) for claim in published])
    _, rows = published_table(claims)
    assert len(rows) == len(STUDIES[name].published)
    for row in rows:
        assert f"| {' | '.join(row)} |" in page


@pytest.mark.parametrize("name", STUDIES)
def test_the_settings_of_a_published_study_are_those_of_its_results(name):
    text = (ROOT / "docs" / "studies" / name / "results.json").read_text(encoding="utf-8")
    results = {each["name"]: each for each in json.loads(text)["study"]["experiments"]}
    for experiment in STUDIES[name].experiments:
        for label, model in getattr(experiment, "models", {}).items():
            if not model.from_search:  # whose other settings were found
                models = results[experiment.name]["comparison"]["models"]
                (shown,) = (each["estimator"] for each in models if each["name"] == label)
                assert shown == text_of_estimator(make_estimator(model.estimator, model.params))
