"""The commands on any terminal, into any pipe, for any folder."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import warnings

import pytest
from rich.text import Text
from support import slow_but

from skdigits.cli import main
from skdigits.cli._app import app as all_commands
from skdigits.cli._data_command import data
from skdigits.cli._study_command import study
from skdigits.cli._terminal import Display, print_table
from skdigits.model_selection._table import COLUMNS

ODD_NAMES = ["two words", 'it\'s "it"', "100 % #1", "\N{GRINNING FACE} \N{GREEK SMALL LETTER PHI}"]


def shell(command, **environment):
    """Run a command line as a shell does; ``skdigits`` stands for the command."""
    script = f'skdigits() {{ "{sys.executable}" -m skdigits "$@"; }}; {command}'
    env = {**os.environ, **environment}
    return subprocess.run(["bash", "-c", script], capture_output=True, env=env, timeout=120)


def table(text):
    """Return the lines that have figures, as words, by their first."""
    lines = [re.findall(r"[^\s|]+", line) for line in text.splitlines()]
    return {words[0]: words[1:] for words in lines if len(words) > 3}


@pytest.mark.parametrize(
    "encoding", slow_but(["ascii", "latin-1", "cp932", "utf-8"], "ascii", "cp932")
)
def test_a_terminal_gets_its_table_in_characters_that_it_has(encoding, tmp_path, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", terminal)
    out = tmp_path / "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{CJK UNIFIED IDEOGRAPH-65E5}"
    assert main(["compare", "--models", "dummy,tree", "--cv", "2", "--out", str(out)]) == 0
    assert terminal.errors == "strict"
    text = terminal.buffer.getvalue().decode(encoding)
    rows = table(text)
    loaded = json.loads((out / "results.json").read_text(encoding="utf-8"))
    for model in loaded["comparison"]["models"]:
        accuracy = f"{100 * model['mean']['accuracy']:.2f}"
        assert rows[model["name"]][:2] == [accuracy, "+-" if encoding == "ascii" else "±"]
        assert "?" not in text
    widths = {len(line) for line in text.splitlines()[1:-1]}
    assert len(widths) == 1  # whatever stands for a character, columns are as wide as they are
    page = str(out / "index.html")
    if encoding == "utf-8":
        assert page in text
    else:
        assert f"Page: {tmp_path}" in text.splitlines()[-1]


@pytest.mark.parametrize("columns", ["20", "60"])
def test_a_narrow_terminal_loses_no_figure(columns, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as if it were a terminal
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["compare", "--models", "dummy,GaussianNB", "--out", str(tmp_path)]) == 0
    shown = Text.from_ansi(capsys.readouterr().out).plain
    loaded = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    for model in loaded["comparison"]["models"]:
        assert f"{100 * model['mean']['accuracy']:.2f}" in shown
        assert f"{model['mean']['expected_calibration_error']:.4f}" in shown


def test_80_columns_are_enough_for_a_table_with_folds(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as if it were a terminal
    monkeypatch.setenv("COLUMNS", "80")
    models = "hist-gradient-boosting", "RandomForestClassifier", "mlp"
    figures = ["95.21 ± 0.35\N{NARROW NO-BREAK SPACE}%", *["0.9508 ± 0.0035"] * 3]
    rows = [[name, *figures, "0.0073 ± 0.0035", "0.131 ± 0.021", "161,852"] for name in models]
    print_table(COLUMNS, rows, title="Digits")
    shown = Text.from_ansi(capsys.readouterr().out).plain
    assert max(map(len, shown.splitlines())) <= 80
    words = shown.split()
    for whole in ("Accuracy", "Parameters", "hist-gradient-", "95.21", "0.0035", "161,852"):
        assert whole in words


def test_the_bar_stays_beside_a_long_stage(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with Display() as display:
        display("HistGradientBoostingClassifier", 0.4, "run 3 of 40: " + "a long stage " * 9)
    shown = Text.from_ansi(capsys.readouterr().err).plain
    line = next(line for line in shown.splitlines() if "run 3 of" in line)
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" * 8 in line
    assert " 40% " in line
    assert len(line.strip()) <= 80


def test_a_bar_shows_names_as_they_are(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with Display() as display:
        display("[red]mlp", 0.4, "fold [b]")
        display("[/b]", 0.4, "")
    shown = Text.from_ansi(capsys.readouterr().err).plain
    assert "[red]mlp" in shown
    assert "fold [b]" in shown
    assert "[/b]" in shown


def test_a_terminal_without_a_width(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "0")
    assert main(["--help"]) == 0
    assert "compare" in capsys.readouterr().out
    assert os.environ["COLUMNS"] == "0"


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_a_pipe_has_no_colours_wherever_it_is():
    assert b"\x1b" not in shell("skdigits --help", GITHUB_ACTIONS="true").stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder")
def test_a_current_folder_that_was_deleted_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    assert main(["compare", "--models", "dummy"]) == 2
    assert capsys.readouterr().err == (
        "skdigits: error: the current folder: No such file or directory\n"
    )


@pytest.mark.parametrize("quiet", [False, True])
def test_a_pipe_is_told_now_and_then_how_far_it_is(quiet, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("skdigits.cli._terminal.SECONDS_BETWEEN_LINES", 0.01)
    args = ["--models", "mlp-quick", "--out", str(tmp_path), *["--quiet"] * quiet]
    assert main(["compare", *args]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert bool(lines) is not quiet
    form = r"skdigits: mlp-quick: (\d+\N{NARROW NO-BREAK SPACE}% done, )?\w+.* \(after \d+ s\)"
    assert all(re.fullmatch(form, line) for line in lines)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no such file names")
@pytest.mark.parametrize("name", [*ODD_NAMES, "caf\udce9 'x'"])
def test_folders_of_any_name(name, tmp_path, capsys):
    out = tmp_path / name
    args = ["--data", "digits", "--models", "dummy", "--seed", "0", "--out", str(out)]
    assert main(["compare", *args]) == 0
    page = f"Page: {out}".encode("utf-8", "backslashreplace").decode()
    assert page in capsys.readouterr().out
    assert sorted(os.listdir(out)) == ["index.html", "results.json"]
    command = json.loads((out / "results.json").read_bytes())["run"]["command"]
    echoed = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True)
    assert list(map(os.fsdecode, echoed.stdout.split(b"\0")))[1:-1] == ["compare", *args]
    (out / "file").touch()
    assert main(["compare", "--out", str(out / "file")]) == 2
    assert re.fullmatch(r"skdigits: error: --out .* is not a folder\n", capsys.readouterr().err)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX locales")
def test_the_c_locale(tmp_path):
    """Arguments are bytes there."""
    out = f"{tmp_path}/caf".encode() + b"\xe9 \xc3\xbc"
    done = shell(
        f"skdigits compare --models dummy --out {shlex.quote(os.fsdecode(out))}",
        LC_ALL="POSIX",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert f"Page: {tmp_path}".encode() in done.stdout
    assert os.path.exists(out + b"/results.json")


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize(
    ("command", "code", "shown", "error"),
    [
        pytest.param(
            *("skdigits study list | true; exit $PIPESTATUS", 1, "", ""), marks=pytest.mark.slow
        ),
        ("skdigits --version 0<&-", 0, "skdigits ", ""),
        ("skdigits --help >&-", 0, "", ""),
        ("skdigits compair 2>&-", 2, "skdigits: error: No such command 'compair'", ""),
        ("skdigits compair 0<&- >&- 2>&-", 2, "", ""),
        ("skdigits compair 2>/dev/full", 2, "", ""),
        ("skdigits study list >/dev/full", 2, "", "skdigits: error: No space"),
    ],
)
def test_streams_that_are_closed_or_full(command, code, shown, error):
    done = shell(command)
    assert done.returncode == code
    for stream, text in ((done.stdout.decode(), shown), (done.stderr.decode(), error)):
        assert re.fullmatch(f"{re.escape(text)}[^\n]*\n" if text else "", stream)


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
def test_files_get_no_number_of_a_standard_stream(tmp_path):
    """Or what libraries print on a closed stream would go into them."""
    code = (
        "from skdigits.cli import main; main(['--version'])\n"
        "file = open('f', 'w'); print(file.fileno(), file=file)"
    )
    subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" 0<&- >&- 2>&-', sys.executable, code], cwd=tmp_path
    )
    assert int((tmp_path / "f").read_text()) > 2


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["compare", "--models", "mlp,forrest"], "unknown model 'forrest'; did you mean 'forest'?"),
        (["compare", "--data", "Fashion-MNIST"], "did you mean 'fashion'?"),
        (["study", "run", "CNN-vs-MLP"], "did you mean 'cnn-vs-mlp'?"),
        (["compair"], "Did you mean 'compare'?"),
    ],
)
def test_wrong_names_get_a_hint(args, hint, capsys):
    assert main(args) == 2
    assert hint in capsys.readouterr().err


def test_a_model_that_fails_is_named_in_one_line(tmp_path, capsys):
    """Whatever it raises: this one an IndexError."""
    args = ["--models", "dummy,CategoricalNB", "--out", str(tmp_path / "out")]
    assert main(["compare", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(
        r"skdigits: error: model 'CategoricalNB': IndexError: [^\n]+\n", captured.err
    )
    assert os.listdir(tmp_path) == []


def test_the_numbers_are_shown_where_the_page_cannot_be_written(tmp_path, monkeypatch, capsys):
    from sklearn.naive_bayes import GaussianNB

    fit = GaussianNB.fit

    def fit_slowly(self, X, y):
        (tmp_path / "out").touch()  # what somebody does meanwhile
        return fit(self, X, y)

    monkeypatch.setattr(GaussianNB, "fit", fit_slowly)
    assert main(["compare", "--models", "GaussianNB", "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert "GaussianNB" in table(captured.out)
    assert re.fullmatch(r"skdigits: error: [^\n]+out[^\n]+\n", captured.err)


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("skdigits ev", {"evaluate"}),
        ("skdigits train --model cnn-", {"cnn-quick", "cnn-best"}),
        ("skdigits train --data m", {"mnist"}),
        ("skdigits predict m.skd 1.png --format ", {"table", "json", "csv"}),
        ("skdigits compare --data fa", {"fashion"}),
        ("skdigits compare --models mlp,cnn-q", {"mlp,cnn-quick"}),
        ("skdigits study run act", {"activation"}),
    ],
)
def test_a_shell_completes_names(words, completed, monkeypatch, capsys):
    monkeypatch.setenv("_SKDIGITS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 0
    assert set(capsys.readouterr().out.split()) == completed


@pytest.mark.skipif(os.name == "nt", reason="POSIX shells")
def test_a_home_folder_that_the_shell_has_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["compare", "--models", "dummy", "--out=~/page"]) == 0
    assert f"Page: {tmp_path / 'page' / 'index.html'}" in capsys.readouterr().out


def test_a_name_that_begins_like_a_home_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "--models", "dummy", "--out", "~nobody-of-this-name"]) == 0
    assert (tmp_path / "~nobody-of-this-name" / "index.html").exists()


def test_a_quiet_comparison_prints_nothing(tmp_path, capsys):
    args = ["--models", "dummy", "--quiet", "--out", str(tmp_path)]
    assert main(["compare", *args]) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "index.html").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_a_full_disk_is_one_line_that_names_the_file(tmp_path, capsys):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        assert main(["compare", "--models", "dummy", "--out", str(tmp_path)]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert re.fullmatch(
        rf"skdigits: error: {re.escape(str(tmp_path))}/\w+\.\w+: [\w ]+\n",
        capsys.readouterr().err,
    )


COMMANDS = {
    f"{group} {command.name or command.callback.__name__}".strip(): command.callback.__doc__
    for group, app in {"": all_commands, "study": study, "data": data}.items()
    for command in app.registered_commands
}


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"study list"}))
def test_examples_in_the_help_fit_80_columns(name, monkeypatch, capsys):
    """Otherwise their lines are broken, and cannot be copied."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*name.split(), "--help"]) == 0
    shown = [line.strip() for line in capsys.readouterr().out.split("\n")]
    examples = [line.strip() for line in COMMANDS[name].split("\n") if line.startswith(" " * 8)]
    assert examples
    assert set(examples) <= set(shown)


def test_a_warning_of_several_lines_is_told_as_one():
    with Display() as display:
        display("a", 0.5, "")
        warnings.warn("It failed (status=1):\nincrease the number", stacklevel=1)
    assert display.warnings == ["a: It failed (status=1)"]
