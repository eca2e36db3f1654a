"""The command line: ``python -m benchmarks``."""

import json
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from benchmarks import report, runner
from benchmarks.summary import MEASURES, ratio, summarise, verdicts
from benchmarks.workloads import GROWTH, ROWS, SIZES

ALL: dict = {row.name: row for row in ROWS} | {row.name: row for row in GROWTH}
SizeName = StrEnum("SizeName", list(SIZES))  # type: ignore[misc]
RowName = StrEnum("RowName", list(ALL))  # type: ignore[misc]


def main(
    size: Annotated[SizeName, typer.Option(help="full measures; tiny only shows it works.")],
    only: Annotated[list[RowName] | None, typer.Option(help="A row; may be repeated.")] = None,
    skip: Annotated[list[RowName] | None, typer.Option(help="A row to leave out.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Runs of each peer and row.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out/benchmarks"),
):
    """Measure skdigits side by side with its peers.

    Writes results.json, results.md and results.png. Rows that a results.json of the same size in
    that folder has already are kept unless they are measured again; they name the machine that they
    were measured on.
    """
    chosen = SIZES[size]
    rows = [ALL[name] for name in only or ALL if name not in (skip or [])]
    runs, left_out = runner.plan(rows, chosen, repeats or chosen.repeats)
    batches = runner.batches(runs, chosen)
    measures: dict = {row.name: {} for row in rows}
    out.mkdir(parents=True, exist_ok=True)
    results = _earlier(out / "results.json", size)
    console = Console(stderr=True)
    console.print(f"{len(batches)} processes, one after the other.")
    errors = 0
    outcomes = runner.execute(chosen, runner.settled(batches, ALL, measures))
    progress = track(outcomes, "Measuring", len(batches), console=console, transient=True)
    for batch, outcome in progress:
        if isinstance(outcome, runner.WorkerError):
            errors += 1
            console.print(f"{batch[0].row}, {batch[0].label}:\n{outcome}", markup=False)
            for run in batch:
                left_out[run.row][run.label] = "ended in an error"
            continue
        for run, measured in zip(batch, outcome, strict=True):
            measures[run.row].setdefault(run.label, []).append(measured)
            row = _result(ALL[run.row], chosen, measures[run.row], left_out[run.row])
            results["rows"][run.row] = row
            if ALL[run.row] in ROWS:
                runner.check_parity(ALL[run.row], measures[run.row])
        _write(out / "results.json", json.dumps(results, indent=1))
    _write(out / "results.md", report.markdown(results))
    report.plot(results, out / "results.png")
    report.print_tables(results)
    raise typer.Exit(code=1 if errors else 0)


def _earlier(path, size):
    """Return the results to add to, with this machine's description."""
    results = {"size": size.value, "machine": runner.machine(), "rows": {}}
    if path.exists():
        earlier = json.loads(path.read_text(encoding="utf-8"))
        if earlier["size"] == size:
            machine = earlier.get("machine")  # of rows that do not name theirs
            results["rows"] = {
                name: {"machine": machine, **row} for name, row in earlier["rows"].items()
            }
    return results


def _result(row, size, measures, left_out):
    """Return all that is known of a row, as written to the file."""
    values = summarise(row, measures)
    result = {
        "title": row.title,
        "machine": runner.machine(),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "left_out": left_out,
        "values": values,
        "runs": measures,
    }
    if row in GROWTH:
        jobs = row.jobs(size)
        result["jobs"] = {
            value: {"images": jobs[value].n_images, "epochs": jobs[value].training.epochs}
            for value in measures
        }
        return result
    result["ratios"] = {
        peer: {name: ratio(values, name, peer) for name in row.measures if MEASURES[name].compares}
        for peer in measures
    }
    result["bars"] = [verdict._asdict() for verdict in verdicts(row, values)]
    return result


def _write(path, text):
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    typer.run(main)
