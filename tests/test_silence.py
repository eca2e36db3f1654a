"""Silent unless asked: no banner, no progress, no warning; and nothing heavy at import."""

import os
import subprocess
import sys
import threading

import pytest
from support import BOTH, mlp, run_python, tiny

from skdigits._log_lines import without_log_lines

FITS = """
import sys, warnings
warnings.simplefilter("always")
import numpy as np
from sklearn.model_selection import cross_val_score
from support import cnn, digits, mlp, tiny

def fits():
    X, y = digits()
    for make in (mlp, cnn) if sys.argv[2:] else (cnn,):
        for n_images in map(int, sys.argv[1:]):
            stopped, moved = {"early_stopping": True}, {"augmentation": "affine"}
            for parameters in ({}, stopped, moved) if sys.argv[2:] else (stopped | moved,):
                estimator = make(**parameters).fit(X[:n_images], y[:n_images] % 3)
                for n_rows in (1, 2, 5, n_images) if sys.argv[2:] else (1, n_images):
                    estimator.predict(X[:n_rows])
                    estimator.predict_proba(X[:n_rows].astype(float))
            estimator.partial_fit(X[:n_images], y[:n_images] % 3)

if __name__ == "__main__":
    fits()
    if sys.argv[2:]:
        cross_val_score(cnn(), *tiny(), cv=2, n_jobs=2, error_score="raise")  # in other processes
"""


@pytest.mark.parametrize(
    "numbers_of_images",
    [
        pytest.param([77], id="quick"),
        pytest.param([50, 77, 200], id="all", marks=pytest.mark.slow),
    ],
)
def test_many_fits_and_predictions_print_nothing(numbers_of_images):
    done = run_python(FITS, *numbers_of_images)
    assert done.stdout == ""
    assert done.stderr == ""


def test_a_fit_writes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mlp(early_stopping=True).fit(*tiny())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", BOTH)
def test_verbose_1_shows_a_bar(make, capsys):
    make(verbose=1, epochs=2).fit(*tiny())
    shown = capsys.readouterr().out
    assert "Epoch 1/2" in shown
    assert "Epoch 2/2" in shown
    assert "accuracy" in shown


def test_verbose_2_shows_a_line_an_epoch(capsys):
    mlp(verbose=2, epochs=3).fit(*tiny())
    lines = capsys.readouterr().out.splitlines()
    assert sum("loss" in line for line in lines) == 3


def test_verbose_does_not_change_the_result():
    X, y = tiny()
    silent, loud = mlp().fit(X, y), mlp(verbose=1).fit(X, y)
    assert silent.history_["loss"] == pytest.approx(loud.history_["loss"])
    assert (silent.predict_proba(X) == loud.predict_proba(X)).all()


LIGHT = """
import pickle, sys
import sklearn.base
import skdigits
from skdigits import *
import skdigits.datasets, skdigits.preprocessing, skdigits.model_selection
for kind in (CNNClassifier, MLPClassifier):
    estimator = kind()
    repr(estimator)
    estimator.get_params()
    sklearn.base.clone(estimator)
    pickle.loads(pickle.dumps(estimator))
print(sorted({"tensorflow", "keras", "scikeras"} & set(sys.modules)))
"""


def test_imports_and_unfitted_estimators_load_neither_tensorflow_nor_keras():
    assert run_python(LIGHT).stdout == "[]\n"


def test_another_backend_of_keras_is_refused():
    """Before TensorFlow is imported: beside it, PyTorch may end the process."""
    code = "import skdigits, sys\ntry: skdigits.MLPClassifier().fit([[0], [1]], [0, 1])\n"
    code += "except ImportError as error: print(error, 'tensorflow' in sys.modules)"
    said = run_python(code, KERAS_BACKEND="torch").stdout
    assert "uses the backend 'torch'" in said
    assert said.endswith("False\n")


def test_the_name_of_no_module_attribute_is_invented():
    import skdigits

    with pytest.raises(AttributeError, match="Perceptron"):
        skdigits.Perceptron  # noqa: B018
    assert {"CNNClassifier", "MLPClassifier"} <= set(dir(skdigits))


# What TensorFlow logs while it loads, and what others may print meanwhile.
LOG_LINES = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795638091.654158    6316 port.cc:153] oneDNN custom operations are on.",
    "E0000 00:00:1736163964.084812 3415088 cuda_dnn.cc:8310] Unable to register cuDNN factory",
]
OTHER_LINES = [
    "E1234 is the error's number",
    "F0000 00:00:1795638091.6 6316 a.cc:1] No AVX",
    "ä\udce9",
]


def test_log_lines_are_dropped_and_all_else_is_passed_on(capfd):
    others = [line.encode("utf-8", "surrogateescape") for line in OTHER_LINES]
    with without_log_lines():
        for line, other in zip(LOG_LINES, others, strict=True):
            os.write(2, line.encode() + b"\n" + other + b"\n")
        threads = [threading.Thread(target=os.write, args=(2, b"%d\n" % i)) for i in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.write(2, b"no end of line")
    os.write(2, b", afterwards\n")
    shown = capfd.readouterr().err.splitlines()
    assert shown[:3] == [line.decode("utf-8", "replace") for line in others]
    assert sorted(map(int, shown[3:-1])) == list(range(20))
    assert shown[-1] == "no end of line, afterwards"


def test_a_process_that_outlives_the_import_keeps_its_error_output(capfd):
    code = "import sys; sys.stdin.read(); print('late', file=sys.stderr)"
    with without_log_lines():
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    passing_on = [each for each in threading.enumerate() if each.daemon][-1]
    child.communicate(b"")
    passing_on.join()
    assert capfd.readouterr().err == "late\n"


def test_an_error_output_that_somebody_else_redirects_meanwhile_stays_theirs(capfd, tmp_path):
    kept = os.dup(2)
    with open(tmp_path / "theirs", "w+b") as theirs:
        with without_log_lines():
            os.dup2(theirs.fileno(), 2)
        os.write(2, b"after")
        os.dup2(kept, 2)
        os.close(kept)
    assert (tmp_path / "theirs").read_bytes() == b"after"


FIT = """
import sys
from support import mlp, tiny
mlp(verbose=1).fit(*tiny())
open(sys.argv[1], "w").write("done")
"""


IMPORT = """
import os, sys
from skdigits._log_lines import without_log_lines
with without_log_lines():
    os.write(2, b"I0000 00:00:1795638091.654158    6316 port.cc:153] oneDNN is on.\\n")
open(sys.argv[1], "w").write("done")
"""


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize(
    "what", [pytest.param(IMPORT, id="import"), pytest.param(FIT, id="fit", marks=pytest.mark.slow)]
)
def test_without_standard_streams(what, tmp_path):
    """As in a daemon or a window program; files that take their numbers stay clean."""
    code = "import sys; logs = [open(f'{sys.argv[1]}{i}', 'w') for i in range(3)]" + what
    path = os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])
    command = ["sh", "-c", 'exec "$0" -c "$1" "$2" 0<&- 1>&- 2>&-', sys.executable, code]
    subprocess.run([*command, str(tmp_path / "f")], env={**os.environ, "PYTHONPATH": path})
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {"f": "done", "f0": "", "f1": "", "f2": ""}
