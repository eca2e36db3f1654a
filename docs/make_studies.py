"""Write the measured tables of studies.md: ``python docs/make_studies.py FOLDER``.

FOLDER is what ``skdigits study run all --out FOLDER`` wrote. So no figure is typed by hand.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

from skdigits._named_data import DATA
from skdigits.report import _format as fmt
from skdigits.report import published_table
from skdigits.studies import STUDIES, PublishedResult

PAGE = Path(__file__).with_name("studies.md")
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def main(folder):
    """Put the tables between the marks."""
    found = [Path(folder) / name / "results.json" for name in STUDIES]
    parts = [_study(json.loads(path.read_text(encoding="utf-8"))) for path in found]
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    text = before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after
    PAGE.write_text(text, encoding="utf-8")


def _study(results):
    study, run = results["study"], results["run"]
    claims = SimpleNamespace(published=[PublishedResult(**each) for each in study["published"]])
    parts = [f"### {study['study']}", f"{results['answer']}.", _table(*published_table(claims))]
    parts += [_experiment(each) for each in study["experiments"] if each["kind"] == "experiment"]
    seeds = fmt.plural(study["n_seeds"], "seed")
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    quick = ", quick" if study["quick"] else ""
    parts.append(
        f"{run['date'][:10]}, {seeds}{quick}, {fmt.plural(run['cores'], 'core')}; {versions}."
    )
    return "\n\n".join(parts)


def _experiment(experiment):
    rows = [
        [
            model["name"],
            fmt.percent(model["mean"]["accuracy"], model["std"]["accuracy"]),
            fmt.number(model["mean"]["log_loss"], model["std"]["log_loss"]),
            fmt.seconds(model["mean"]["fit_seconds"], model["std"]["fit_seconds"]),
            fmt.count(model["n_parameters"]),
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
