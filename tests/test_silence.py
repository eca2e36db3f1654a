"""Silent unless asked: no banner, no progress, no warning; and nothing heavy at import."""

import pytest
from support import BOTH, mlp, run_python, tiny

FITS = """
import sys, warnings
warnings.simplefilter("always")
import numpy as np
from support import cnn, digits, mlp
X, y = digits()
for make in (mlp, cnn):
    for n_images in map(int, sys.argv[1:]):
        for parameters in ({}, {"early_stopping": True}, {"augmentation": "affine"}):
            estimator = make(**parameters).fit(X[:n_images], y[:n_images] % 3)
            for n_rows in (1, 2, 5, n_images):
                estimator.predict(X[:n_rows])
                estimator.predict_proba(X[:n_rows].astype(float))
        estimator.partial_fit(X[:n_images], y[:n_images] % 3)
"""


@pytest.mark.parametrize(
    "numbers_of_images",
    [
        pytest.param([77], id="quick"),
        pytest.param([50, 77, 200], id="all", marks=pytest.mark.slow),
    ],
)
def test_many_fits_and_predictions_print_nothing(numbers_of_images):
    done = run_python(FITS, *numbers_of_images, OMP_NUM_THREADS="1")
    assert done.stdout == ""
    assert done.stderr == ""


def test_worker_processes_print_nothing():
    done = run_python(
        "from sklearn.model_selection import cross_val_score\n"
        "from support import cnn, tiny\n"
        "if __name__ == '__main__':\n"
        "    cross_val_score(cnn(), *tiny(), cv=2, n_jobs=2, error_score='raise')\n"
    )
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


def test_the_name_of_no_module_attribute_is_invented():
    import skdigits

    with pytest.raises(AttributeError, match="Perceptron"):
        skdigits.Perceptron  # noqa: B018
    assert {"CNNClassifier", "MLPClassifier"} <= set(dir(skdigits))
