"""The benchmark works; what it measures is not tested here."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import benchmarks.__main__
from benchmarks import peers, report, runner
from benchmarks.candidates import CANDIDATES
from benchmarks.left_over import left_over
from benchmarks.summary import summarise, verdicts
from benchmarks.workloads import FULL, GROWTH, MLP, ROWS, TINY, Bar, Job, Training, candidates
from skdigits.datasets import load_digits

ROOT = Path(__file__).resolve().parents[1]
ROW = {row.name: row for row in ROWS}
# Left out of the whole tiny run: rows that do what others do, with other numbers.
ALIKE = {"memory": "cnn-fit", "predict-many": "predict-one"}
FEW = ("growth-pixels",)  # one peer does it
WHOLE = pytest.param("whole", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=["few", WHOLE])
def tiny(request, tmp_path_factory):
    """Run each kind of work at the tiny size, or a few, into a folder with an earlier result."""
    folder = tmp_path_factory.mktemp("benchmarks")
    earlier = {"size": "tiny", "rows": {"earlier": {"left_out": {}, "values": {}}}}
    (folder / "results.json").write_text(json.dumps(earlier))
    if request.param == "few":
        chosen = [f"--only={name}" for name in FEW]
    else:
        chosen = [f"--skip={name}" for name in ALIKE]
    app = typer.Typer()
    app.command()(benchmarks.__main__.main)
    done = CliRunner().invoke(app, ["--size", "tiny", "--out", str(folder), *chosen])
    assert done.exit_code == 0, done.output
    return folder, json.loads((folder / "results.json").read_text()), done.stdout


def rows_of(results, rows):
    """Return those of the rows that were run, or stand for others that were."""
    return [row for row in rows if ALIKE.get(row.name, row.name) in results["rows"]]


def test_tiny_run_measures_every_installed_peer(tiny):
    _, results, output = tiny
    for row in rows_of(results, ROWS):
        found = results["rows"][ALIKE.get(row.name, row.name)]
        assert found["values"].keys() | found["left_out"].keys() == set(row.peers)
        for measures in found["values"].values():
            assert set(row.measures) <= set(measures)
        for peer, runs in found["runs"].items():
            steps = {run.get("steps_per_execution") for run in runs}
            takes = peer in ("keras", "scikeras") and row.name != "import"
            assert steps == {2 if takes else None}, (row.name, peer)
    for peer in {peer for row in rows_of(results, ROWS) for peer in row.peers}:
        for package in peers.missing(peer):
            assert f"Left out: {peers.LABELS[peer]}: needs" in output
            assert package in output


def test_rows_left_out_of_the_tiny_run_do_what_others_do():
    for name, other in ALIKE.items():
        one, two = ROW[name].job(TINY), ROW[other].job(TINY)
        assert (one.task, one.options.keys()) == (two.task, two.options.keys())
        assert one.training.network == two.training.network
        assert ROW[name].own == ROW[other].own


def test_tiny_run_measures_growth(tiny):
    _, results, output = tiny
    for growth in rows_of(results, GROWTH):
        row = results["rows"][growth.name]
        assert [int(value) for value in row["values"]] == list(TINY.growth[growth.axis])
        assert all(measures["further_epoch"] > 0 for measures in row["values"].values())
        assert growth.title in output


@pytest.mark.parametrize("tiny", [WHOLE], indirect=True)
def test_tiny_run_shows_that_every_peer_learns(tiny):
    _, results, _ = tiny
    for measures in results["rows"]["cnn-fit"]["values"].values():
        assert measures["train_accuracy"] > 0.4


def test_tiny_run_writes_files_and_keeps_earlier_rows(tiny):
    folder, results, _ = tiny
    assert {path.name for path in folder.iterdir()} == {
        "results.json",
        "results.md",
        "results.png",
    }
    has_bars = any(row.bars for row in rows_of(results, ROWS))
    assert ("| Work | Bar | Found | Met |" in (folder / "results.md").read_text()) == has_bars
    assert (folder / "results.png").read_bytes().startswith(b"\x89PNG")
    assert results["rows"].keys() >= {"earlier", *FEW}


def test_rows_of_another_machine_are_marked(tiny):
    folder, results, output = tiny
    line = "Measured elsewhere: unknown (earlier)"  # the earlier file names no machine
    assert line in output
    assert line in (folder / "results.md").read_text()
    assert {results["rows"][name]["machine"]["python"] for name in FEW} == {
        results["machine"]["python"]
    }


def test_peers_take_turns_with_the_same_seed():
    row = replace(ROW["cross-val"], peers=("skdigits", "sklearn"))
    runs, _ = runner.plan([row], FULL, repeats=2)
    order = [(run.label, run.job.training.seed) for run in runs]
    assert order == [("skdigits", 0), ("sklearn", 0), ("skdigits", 1), ("sklearn", 1)]
    assert all(len(batch) == 1 for batch in runner.batches(runs, FULL))


def test_keras_tries_steps_a_call_in_the_first_turn_and_takes_the_fastest():
    row = replace(ROW["cross-val"], peers=("skdigits", "keras"))
    runs, _ = runner.plan([row], FULL, repeats=3)
    measures: dict = {row.name: {"skdigits": [], "keras": []}}
    ran = []
    for [run] in runner.settled(runner.batches(runs, FULL), ROW, measures):
        seed, steps = run.job.training.seed, run.job.training.steps_per_execution
        measured = {"seconds": 1, "score": seed / 10}
        if run.label == "keras":
            ran.append((seed, steps))
            # A slower later turn does not bring back one that ran in the first alone.
            measured["seconds"] = {1: 5, 32: 3, 128: 4}[steps] + 4 * seed
            measured["steps_per_execution"] = steps
        measures[row.name][run.label].append(measured)
    assert ran == [(0, 1), (0, 32), (0, 128), (1, 32), (2, 32)]
    values = summarise(row, measures[row.name])
    assert values["skdigits"] == {"seconds": 1, "score": pytest.approx(0.1)}
    assert values["keras"] == {
        "seconds": 7,
        "score": pytest.approx(0.1),
        "steps_per_execution": 32,
    }
    _, columns, rows = next(report.tables({"rows": {row.name: {"values": values}}}))
    assert columns[2:] == ["skdigits", "Keras"]
    assert rows[-1][1:] == ["steps a call, the fastest", "", "32"]


def test_all_training_of_keras_is_tried_with_several_steps_a_call():
    runs, _ = runner.plan([*ROWS, *GROWTH], FULL, repeats=1)
    tried: dict = {}
    for run in runs:
        if run.job.training.seed == 0:
            steps = run.job.training.steps_per_execution
            tried.setdefault((run.row, run.label), []).append(steps)
    for (row, label), steps in tried.items():
        takes = label in ("keras", "scikeras") and row != "import"
        assert steps == ([1, 32, 128] if takes else [1]), (row, label)


def test_errors_in_the_first_turn_leave_one_step_a_call():
    runs, _ = runner.plan([replace(ROW["cross-val"], peers=("skdigits", "keras"))], FULL, repeats=2)
    *_, [last] = runner.settled(runner.batches(runs, FULL), ROW, {"cross-val": {}})
    assert last.job.training.steps_per_execution == 1


@pytest.mark.parametrize(
    ("peer", "attribute"),
    [("keras", "model"), pytest.param("scikeras", "model_", marks=pytest.mark.slow)],
)
def test_keras_runs_the_steps_of_a_call(peer, attribute):
    module = pytest.importorskip(f"benchmarks.peers.{peer}")
    images, y = load_digits(return_X_y=True)
    training = Training(MLP, epochs=1, batch_size=8, steps_per_execution=3)
    model = module.make(training).fit(module.prepare(images[:50], MLP), y[:50])
    assert getattr(model, attribute).steps_per_execution == 3


def test_keras_predicts_few_images_and_many_alike():
    module = pytest.importorskip("benchmarks.peers.keras")
    images, y = load_digits(return_X_y=True)
    X = module.prepare(images[:50], MLP)
    model = module.make(Training(MLP, epochs=1)).fit(X, y[:50])
    one = model.predict_proba(X[:1])
    assert isinstance(one, np.ndarray)
    np.testing.assert_allclose(one, model.predict_proba(X)[:1], rtol=1e-5)


def test_missing_peer_is_left_out_with_the_reason(monkeypatch):
    monkeypatch.setitem(peers.PACKAGES, "sklearn", ("no_such_package",))
    runs, left_out = runner.plan([ROW["mlp-fit"]], TINY, repeats=1)
    assert left_out["mlp-fit"]["sklearn"] == "needs no_such_package"
    assert "sklearn" not in [run.label for run in runs]


def test_failing_process_is_reported_with_its_error():
    job = Job("no_such_task", Training(MLP, epochs=1), 10, peer="sklearn")
    [(_, outcome)] = runner.execute(TINY, [[runner.Run("row", "sklearn", job)]])
    assert isinstance(outcome, runner.WorkerError)
    assert "no_such_task" in str(outcome)


def test_only_the_networks_of_one_row_must_be_equal():
    equal = {"skdigits": [{"parameters": 102}], "keras": [{"parameters": 100}]}
    runner.check_parity(ROW["mlp-fit"], equal)
    different = equal | {"keras": [{"parameters": 102}]}
    runner.check_parity(ROW["best"], different)
    with pytest.raises(ValueError, match=r"mlp-fit.*'skdigits': 100, 'keras': 102"):
        runner.check_parity(ROW["mlp-fit"], different)


@pytest.mark.parametrize(
    ("bar", "found", "met"),
    [
        (Bar("seconds", "scikeras", ratio=2), "2.00 x", True),
        (Bar("seconds", "scikeras", ratio=2.1), "2.00 x", False),
        (Bar("seconds", "torch", ratio=1), "-", None),
        (Bar("seconds", at_most=3), "3.00 s", False),
        (Bar("test_accuracy", at_least=0.9), "90.00 %", True),
    ],
)
def test_bars_are_held_against_medians_and_mean_accuracies(bar, found, met):
    runs = {
        "skdigits": [
            {"seconds": seconds, "test_accuracy": accuracy}
            for seconds, accuracy in [(2, 0.75), (3, 1.0), (100, 0.95)]
        ],
        "scikeras": [{"seconds": 5}, {"seconds": 6}, {"seconds": 7}],
    }
    row = replace(ROW["best"], bars=(bar,))
    [verdict] = verdicts(row, summarise(row, runs))
    assert (verdict.found, verdict.met) == (found, met)


def test_candidates_of_the_search_are_different():
    drawn = candidates(FULL.candidates)
    assert len({tuple(candidate.values()) for candidate in drawn}) == 12


def test_only_the_sweep_of_smoothed_labels_smooths_them():
    """The rows that are kept of the others are older than smoothed labels."""
    smooth = {
        group
        for group, of_group in CANDIDATES.items()
        if any(settings.get("loss", "auto") == "auto" for _, settings in of_group.values())
    }
    assert smooth == {"smoothed"}


@pytest.mark.slow
def test_a_short_soak():
    numbers = ["--fits=5", "--predictions=5", "--networks=5"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", *numbers],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr  # so few tell nothing about the memory
    for name in ("fits", "predictions", "new networks"):
        assert f"\n{name}: " in done.stdout


def test_left_over_are_the_images_of_which_all_networks_say_the_same_other_label():
    sure, unsure = [0.96, 0.02, 0.02], [0.6, 0.2, 0.2]
    other = sure[::-1]
    one = [sure, sure, sure, sure, sure, [0.98, 0.02, 0.0]]
    two = [sure, sure, unsure, other, sure, [0.98, 0.01, 0.01]]
    labels = np.array([1, 0, 1, 1, 2, 2])
    found = left_over(labels, np.array([one, two]), 0.9)
    assert [row["image"] for row in found] == [5, 0, 4]
    assert [(row["label"], row["said"]) for row in found] == [(2, 0), (1, 0), (2, 0)]
    assert found[0]["own_probability"] == pytest.approx(0.005)
