"""`skdigits tune`: its files, what it prints, and how it goes on after a kill."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from support import run_python, tiny
from test_tuning import at_call

import skdigits
from skdigits.cli import main

TINY = ["--set", "epochs=2", "--set", "hidden_layer_sizes=8", "--set", "batch_norm=false"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a file of 60 training images and 30 test images."""
    path = tmp_path_factory.mktemp("data") / "squares.npz"
    (X, y), (X_test, y_test) = tiny(60), tiny(30, seed=1)
    np.savez(path, x_train=X, y_train=y, x_test=X_test, y_test=y_test)
    return path


def words(data, out, *more, trials=2):
    args = ["--data", data, "--model", "mlp", "--trials", trials, "--out", out]
    return ["tune", *map(str, args), *TINY, *more]


@pytest.fixture(scope="module")
def found(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("found") / "search"
    assert main([*words(data, folder), "--quiet"]) == 0
    return folder


def results(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_it_says_what_it_has_done(data, tmp_path, capsys):
    assert main(words(data, tmp_path / "a folder" / "s", trials=1)) == 0
    captured = capsys.readouterr()
    folder = tmp_path / "a folder" / "s"
    trials, best, accuracy, model, page = captured.out.splitlines()
    assert trials == "Trials: 1 (1 complete)"
    (trial,) = results(folder)["search"]["trials"]
    params = ", ".join(f"{name}={value:.3g}" for name, value in trial["params"].items())
    assert best.startswith(f"Best: {params}, {100 * trial['accuracy']:.2f}")
    assert accuracy.endswith(" on 30 test images (trained on 60)")
    assert (model, page) == (f"Model: {folder / 'best.skd'}", f"Page: {folder / 'index.html'}")
    assert captured.err == ""


def test_the_files_agree(data, found):
    model = skdigits.load(found / "best.skd")
    read = results(found)
    with np.load(data) as arrays:
        accuracy = model.score(arrays["x_test"], arrays["y_test"])
    assert read["test"] == {"n_images": 30, "accuracy": accuracy}
    best = read["search"]["trials"][read["search"]["best"]]
    assert {name: model.get_params()[name] for name in best["params"]} == best["params"]
    assert set(best["params"]) == {"dropout", "learning_rate"}  # the layers are set
    assert model.random_state == 0
    assert read["run"]["command"] == " ".join(
        [
            *("skdigits tune", *TINY, f"--data {data} --model mlp --trials 2"),
            f"--jobs 1 --seed 0 --out {found}",
        ]
    )
    assert (found / "index.html").read_text(encoding="utf-8").count("<svg") == 4


def test_the_model_can_be_used_at_once(data, found, tmp_path, capsys):
    args = ["evaluate", str(found / "best.skd"), "--data", str(data), "--out", str(tmp_path)]
    assert main(args) == 0
    (measured,) = results(tmp_path)["comparison"]["models"]
    assert measured["mean"]["accuracy"] == results(found)["test"]["accuracy"]


def test_the_same_command_repeats_no_trial(data, found, capsys, builds):
    before = results(found)
    assert main(words(data, found)) == 0
    after = results(found)
    assert after["search"] == before["search"]
    assert len(builds) <= 1  # to predict
    assert main(words(data, found, trials=3)) == 0
    assert results(found)["search"]["trials"][:2] == before["search"]["trials"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--trials", "0"], "--trials must be at least 1, got 0"),
        (["--jobs", "0"], "--jobs must be at least 1, got 0"),
        (["--minutes", "0"], "--minutes must be more than 0, got 0"),
        (["--minutes", "nan"], "--minutes must be more than 0, got nan"),
        (["--model", "mpl"], "unknown network 'mpl'; choose from mlp, "),
        (["--model", "svc"], "unknown network 'svc'"),
        (["--data", "nowhere/x"], "--data nowhere/x: there is no such folder or file"),
        (["--set", "epochs"], "--set epochs: write KEY=VALUE"),
        (["--set", "dropout=0", "--set", "learning_rate=1"], "--set fixes all parameters"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--out", __file__], "is not a folder"),
    ],
)
def test_bad_input_is_one_line_and_no_file(data, tmp_path, capsys, change, message):
    assert main([*words(data, tmp_path / "new"), *change]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "change", [["--model", "cnn"], ["--seed", "1"], ["--set", "epochs=3"], ["--data", "digits"]]
)
def test_another_search_in_the_same_folder(data, found, capsys, change):
    before = (found / "journal.log").read_bytes()
    assert main([*words(data, found), *change]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"skdigits: error: {found} holds another search: its ")
    assert error.count("\n") == 1
    assert (found / "journal.log").read_bytes() == before


def test_the_extra_is_missing(data, tmp_path, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("skdigits.tuning")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(words(data, tmp_path / "new")) == 2
    assert capsys.readouterr().err == (
        'skdigits: error: optuna is missing: pip install "skdigits[tune]"\n'
    )


def test_nothing_can_be_trained(data, tmp_path, capsys):
    overflow = ["--set", "optimizer=sgd", "--set", "learning_rate=1e30"]
    assert main([*words(data, tmp_path), *overflow]) == 2
    error = capsys.readouterr().err
    assert error.startswith("skdigits: error: all 2 trials failed; the first said: ValueError: ")
    assert error.count("\n") == 1


# Killed, and started again

KILLS_ITSELF = """
import itertools, os, signal, sys
from skdigits.cli import main
name, n, *args = sys.argv[1:]
real, calls = getattr(os, name), itertools.count(1)
def call(*args):
    if next(calls) == int(n):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args)
setattr(os, name, call)
sys.exit(main(args))
"""


def killed(args, name, n):
    """Run a command that is killed at the n-th call of a function of `os`."""
    return subprocess.run(
        [sys.executable, "-c", KILLS_ITSELF, name, str(n), *args],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_ctrl_c_is_one_line(data, tmp_path, capsys):
    with at_call("fsync", 6, lambda: signal.raise_signal(signal.SIGINT)):
        assert main(words(data, tmp_path)) == 130
    assert capsys.readouterr() == ("", "skdigits: interrupted\n")
    assert not (tmp_path / "best.skd").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_killed_at_many_moments(data, tmp_path):
    """While the journal is made, in trials, in the last fit, while it is saved, before the page."""
    args = words(data, tmp_path / "s", trials=3)
    moments = [*(("fsync", n) for n in (1, 4, 7, 11)), *(("replace", n) for n in (2, 2, 2))]
    n_complete = 0
    for name, n in moments:
        done = killed(args, name, n)
        assert done.returncode == -signal.SIGKILL, done.stderr
        journal = tmp_path / "s" / "journal.log"
        ends = map(json.loads, journal.read_text().splitlines() if journal.exists() else [])
        complete = [end["trial_id"] for end in ends if end["op_code"] == 6 and end["values"]]
        assert len(complete) == len(set(complete)) >= n_complete
        n_complete = len(complete)
    assert n_complete == 3
    assert main([*args, "--quiet"]) == 0
    trials = results(tmp_path / "s")["search"]["trials"]
    assert [trial["state"] for trial in trials].count("complete") == 3
    assert {trial["state"] for trial in trials} == {"complete", "lost"}


@pytest.mark.slow
def test_two_processes_at_once(data, tmp_path):
    args = words(data, tmp_path / "s", trials=8)
    run = [sys.executable, "-m", "skdigits", *args, "--quiet"]
    processes = [subprocess.Popen(run, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    trials = results(tmp_path / "s")["search"]["trials"]
    assert len(trials) == 8
    assert {trial["state"] for trial in trials} <= {"complete", "pruned"}
    assert len({str(trial["params"]) for trial in trials}) == 8
    assert main([*args, "--quiet"]) == 0
    assert results(tmp_path / "s")["search"]["trials"] == trials


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no process groups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_jobs_end_with_the_command(tmp_path, number):
    out = tmp_path / "s"
    args = ["tune", "--data", "digits", "--model", "mlp", "--trials", "6", "--jobs", "2"]
    command = subprocess.Popen(
        [sys.executable, "-m", "skdigits", *args, "--set", "epochs=30", "--out", str(out)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while (
        not (out / "journal.log").exists()
        or (out / "journal.log").read_text().count('"intermediate_value"') < 2
    ):
        assert command.poll() is None
        time.sleep(0.05)
    os.kill(command.pid, number)
    output, error = command.communicate(timeout=60)  # until all workers have closed these pipes
    if number == signal.SIGINT:
        assert (command.returncode, output, error) == (130, "", "skdigits: interrupted\n")
    else:
        assert command.returncode == -signal.SIGKILL


def test_help_names_the_options():
    done = run_python("from skdigits.cli import main; main(['tune', '--help'])")
    for option in ("--data", "--model", "--trials", "--out", "--jobs", "--minutes"):
        assert option in done.stdout
