"""Write the measured tables of studies.md: ``python docs/make_studies.py FOLDER``.

FOLDER is what ``skdigits study run all --out FOLDER`` wrote, or a run of some studies: the others
keep their tables. So no figure is typed by hand. Results
and the main drawings are copied to ``docs/studies``, the results with six digits, and without the
single mistakes and the curves of sweeps, which would take megabytes.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

from skdigits._named_data import DATA
from skdigits._shown_numbers import count, number, percent, seconds
from skdigits.report import _format as fmt
from skdigits.report import published_table
from skdigits.studies import STUDIES, PublishedResult

PAGE = Path(__file__).with_name("studies.md")
COPIES = Path(__file__).with_name("studies")
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def main(folder):
    """Put the tables between the marks."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    measured, after = rest.split(END)
    earlier = re.findall(r"^(### (\S+)\n.*?)(?=\n+### |\n*\Z)", measured, re.S | re.M)
    parts = {name: part for part, name in earlier}
    for name in STUDIES:
        path = Path(folder) / name / "results.json"
        if path.exists():
            parts[name] = _study(json.loads(path.read_text(encoding="utf-8")), path.parent)
    tables = "\n\n".join(parts[name] for name in STUDIES)
    text = before + BEGIN + "\n\n" + tables + "\n\n" + END + after
    PAGE.write_text(text, encoding="utf-8")


def _study(results, folder):
    study, run = results["study"], results["run"]
    copies = COPIES / study["study"]
    copies.mkdir(parents=True, exist_ok=True)
    for drawing in copies.glob("*.png"):
        drawing.unlink()
    # The folder of a run is a matter of the machine.
    run["command"] = re.sub(r"--out \S+", "--out studies", run["command"])
    small = json.dumps(_small(results), ensure_ascii=False)
    (copies / "results.json").write_text(small + "\n", encoding="utf-8")
    claims = SimpleNamespace(published=[PublishedResult(**each) for each in study["published"]])
    parts = [f"### {study['study']}", f"{results['answer']}.", _table(*published_table(claims))]
    for each in study["experiments"]:
        if each["kind"] == "experiment":
            parts.append(_experiment(each))
        if links := [_copy(drawing, copies) for drawing in _drawings(each, folder)]:
            parts.append("\n".join(links))
    parts.append(f"[All numbers](studies/{study['study']}/results.json).")
    seeds = fmt.plural(study["n_seeds"], "seed")
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    quick = ", quick" if study["quick"] else ""
    parts.append(
        f"{run['date'][:10]}, {seeds}{quick}, {fmt.plural(run['cores'], 'core')}; {versions}."
    )
    return "\n\n".join(parts)


def _small(value):
    """Return results with six digits, without single mistakes and the curves of sweeps."""
    if isinstance(value, dict):
        if value.get("kind") == "sweep":
            points = [
                {**point, "runs": [_bare(run) for run in point["runs"]]}
                for point in value["points"]
            ]
            value = {**value, "points": points}
        return {key: _small(item) for key, item in value.items() if key != "mistakes"}
    if isinstance(value, list):
        return [_small(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _bare(run):
    return {key: value for key, value in run.items() if key != "history"}


def _drawings(experiment, folder):
    """Return the drawings to show: curves of accuracy, and the best model's confusion matrix."""
    prefix = f"{experiment['name']}-{experiment['data']}-".lower()
    found = sorted(folder.glob(f"{prefix}*accuracy*.png"))
    if experiment["kind"] == "experiment":
        best = re.sub(r"[^a-z0-9]+", "-", experiment["comparison"]["best"].lower()).strip("-")
        found.append(folder / f"{prefix}confusion-{best}.png")
    return found


def _copy(drawing, copies):
    """Copy a drawing, and return the Markdown that shows it."""
    shutil.copyfile(drawing, copies / drawing.name)
    text = drawing.stem.replace("-", " ")
    return f"![{text}]({COPIES.name}/{copies.name}/{drawing.name})"


def _experiment(experiment):
    rows = [
        [
            model["name"],
            percent(model["mean"]["accuracy"], model["std"]["accuracy"]),
            number(model["mean"]["log_loss"], model["std"]["log_loss"]),
            seconds(model["mean"]["fit_seconds"], model["std"]["fit_seconds"]),
            count(model["n_parameters"]),
        ]
        for model in experiment["comparison"]["models"]
    ]
    title = f"{experiment['title']}; {DATA[experiment['data']]}:"
    columns = ["Model", "Accuracy", "Log loss", "Fit (s)", "Parameters"]
    return f"{title}\n\n{_table(columns, rows)}"


def _table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main(*sys.argv[1:])
