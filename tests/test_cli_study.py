import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from skdigits import MLPClassifier
from skdigits.cli import main
from skdigits.cli._app import app
from skdigits.studies import STUDIES, Experiment, Model, Published, Study

TINY = Study(
    name="tiny",
    title="A tiny study",
    question="Does the command work?",
    source="A test.",
    minutes=1,
    experiments=(
        Experiment(
            "only",
            "One network",
            ("digits",),
            {
                "network": Model(
                    "mlp",
                    {
                        "hidden_layer_sizes": (8,),
                        "epochs": 1,
                        "learning_rate_schedule": "constant",
                        "batch_norm": False,
                        "augmentation": None,
                    },
                )
            },
        ),
    ),
    published=(Published("Half of them", "only", "digits", value=0.5, model="network"),),
)


@pytest.fixture
def tiny(monkeypatch):
    """Declare a sixth study."""
    monkeypatch.setitem(STUDIES, "tiny", TINY)


def test_list_shows_every_study(capsys):
    assert main(["study", "list"]) == 0
    output = capsys.readouterr().out
    for name, study in STUDIES.items():
        assert name in output
        assert f"{study.minutes} min" in output


@pytest.mark.usefixtures("tiny")
def test_run_prints_the_published_figures_and_writes_pages(tmp_path, capsys):
    assert main(["study", "run", "tiny", "--seeds", "2", "--out", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    results = json.loads((tmp_path / "tiny" / "results.json").read_text(encoding="utf-8"))
    (published,) = results["study"]["published"]
    (row,) = [line for line in captured.out.splitlines() if line.strip().startswith("Half")]
    assert f"{100 * published['mean']:.2f}" in row
    assert "50.00" in row
    lines = captured.out.splitlines()
    assert f"Page: {tmp_path / 'tiny' / 'index.html'}" in lines
    assert f"All studies: {tmp_path / 'index.html'}" in lines
    assert "A tiny study" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(os.listdir(tmp_path / "tiny" / "runs")) == 2
    assert main(["study", "run", "tiny", "--seeds", "2", "--out", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("tiny")
def test_the_command_on_the_page_runs_it_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["study", "run", "tiny", "--quick", "--out", "my folder"])
    assert "A quick look, not a result: " in capsys.readouterr().out
    results = json.loads((tmp_path / "my folder/tiny/results.json").read_text(encoding="utf-8"))
    assert results["run"]["command"] == (
        "skdigits study run tiny --data digits --out 'my folder' --seeds 2 --quick"
    )
    assert results["study"]["quick"] is True


@pytest.mark.usefixtures("tiny")
def test_the_same_command_goes_on_where_it_stopped(tmp_path, capsys):
    args = ["study", "run", "tiny", "--out", str(tmp_path), "--seeds"]
    main([*args, "1"])
    (first,) = (tmp_path / "tiny" / "runs").iterdir()
    written = first.stat().st_mtime_ns
    assert "finished before" not in capsys.readouterr().out
    main([*args, "2"])
    assert f"tiny: 1 run was finished before, and taken over from {first.parent}" in (
        capsys.readouterr().out
    )
    assert len(os.listdir(tmp_path / "tiny" / "runs")) == 2
    assert first.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nope"], "unknown study 'nope'; choose from activation, cnn-vs-mlp"),
        (["binary", "--data", "cats"], "unknown --data 'cats'; choose from digits, mnist"),
        (["binary", "--data", "mnist"], "the study 'binary' has no such --data; it uses bin"),
        (["all", "--data", "digits"], "no study uses --data digits"),
        (["binary", "--data", " , "], "--data names no data set"),
        (["binary", "--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["binary", "--out", "{file}"], "is not a folder"),
        (["binary", "--slow"], "No such option"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path, capsys, args, message):
    file = tmp_path / "file"
    file.write_text("mine")
    args = [arg.format(file=file) for arg in args]
    if "--out" not in args:
        args += ["--out", str(tmp_path / "out")]
    assert main(["study", "run", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"skdigits: error: [^\n]+\n", captured.err)
    assert message in captured.err
    assert os.listdir(tmp_path) == ["file"]


def test_a_run_that_fails_is_named_in_one_line(tmp_path, capsys, monkeypatch):
    (experiment,) = TINY.experiments
    model = replace(experiment.models["network"], params={"dropout": 7.0})
    broken = replace(TINY, experiments=(replace(experiment, models={"network": model}),))
    monkeypatch.setitem(STUDIES, "tiny", broken)
    assert main(["study", "run", "tiny", "--out", str(tmp_path)]) == 2
    message = r"skdigits: error: run 'only, digits, network, seed 0': The 'dropout' [^\n]+\n"
    assert re.fullmatch(message, capsys.readouterr().err)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_keeps_finished_runs_and_loses_the_one_under_way(tmp_path, capsys, monkeypatch):
    """The second fit is interrupted after its first epoch, where a network would keep it."""
    import keras

    (experiment,) = TINY.experiments
    model = experiment.models["network"]
    longer = replace(model, params={**model.params, "epochs": 3})
    study = replace(TINY, experiments=(replace(experiment, models={"network": longer}),))
    monkeypatch.setitem(STUDIES, "tiny", study)
    fits, fit = [], MLPClassifier.fit

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if len(fits) == 2 and epoch == 1:
                os.kill(os.getpid(), signal.SIGINT)

    def counted_fit(self, *args, **kwargs):
        fits.append(self)
        self.callbacks = [Interrupt()]
        return fit(self, *args, **kwargs)

    monkeypatch.setattr(MLPClassifier, "fit", counted_fit)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["study", "run", "tiny", "--seeds", "3", "--out", str(tmp_path)]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ("", "skdigits: interrupted\n")
    assert len(fits) == 2
    (run,) = (tmp_path / "tiny" / "runs").iterdir()
    assert len(json.loads(run.read_text(encoding="utf-8"))["result"]["run"]["history"]["loss"]) == 3


@pytest.mark.slow
def test_a_quick_run_of_a_published_study(tmp_path, data_folder, monkeypatch):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    assert main(["study", "run", "activation", "--quick", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "activation" / "index.html").read_text(encoding="utf-8")
    assert STUDIES["activation"].question in page
    assert list((tmp_path / "activation").glob("*.png"))


def test_help_teaches():
    outcome = CliRunner().invoke(app, ["study", "run", "--help"], env={"COLUMNS": "100"})
    assert outcome.exit_code == 0
    for word in ("--data", "--out", "--seeds", "--quick", "skdigits study run all"):
        assert word in outcome.output


def test_no_arguments_show_the_commands(capsys):
    assert main(["study"]) == 0
    output = capsys.readouterr().out
    assert "list" in output
    assert "run" in output


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from skdigits.cli import main; main(['study', 'run', '--help'])\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
