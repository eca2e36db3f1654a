"""Showing an estimator, and asking what it is made of, builds nothing."""

import gc
import inspect
import pickle

import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr
from support import mlp, tiny

from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import PixelScaler

X, Y = tiny()


def in_a_diagram(estimator):
    with config_context(display="diagram"):
        estimator._repr_mimebundle_()


WAYS = {
    "repr": repr,
    "str": str,
    "_repr_html_": lambda estimator: estimator._repr_html_(),
    "diagram": in_a_diagram,
    "estimator_html_repr": estimator_html_repr,
    "pipeline": lambda estimator: make_pipeline(PixelScaler(), estimator)._repr_html_(),
    "getmembers": inspect.getmembers,
    "values of dir": lambda estimator: [getattr(estimator, name, None) for name in dir(estimator)],
    "get_params": lambda estimator: estimator.get_params(deep=True),
    "vars": vars,
    "n_parameters_": lambda estimator: estimator.n_parameters_,
}


# What shows an estimator, and what reads all attributes.
QUICK = {
    "float32": ("_repr_html_",),
    "bfloat16": ("getmembers",),
}


@pytest.mark.parametrize(
    ("precision", "way"),
    [
        *(
            pytest.param(precision, way, marks=() if way in quick else pytest.mark.slow)
            for precision, quick in QUICK.items()
            for way in WAYS
        ),
    ],
)
def test_it_takes_nothing_from_the_next_fit(way, precision, builds):
    parameters = {"hidden_layer_sizes": (19,), "epochs": 1, "precision": precision}
    estimator = mlp(**parameters).fit(X, Y)
    builds.clear()
    WAYS[way](estimator)
    del estimator
    gc.collect()
    mlp(random_state=1, **parameters).fit(X, Y)
    assert builds == []


@pytest.fixture(scope="module")
def pickled():
    return pickle.dumps(mlp(hidden_layer_sizes=(18,), epochs=1).fit(X, Y))


@pytest.mark.parametrize("show", WAYS.values(), ids=WAYS)
def test_one_from_a_pickle_is_not_built_for_it(show, pickled, builds, monkeypatch):
    monkeypatch.setenv("SKDIGITS_POOL_SIZE", "0")  # or the pool might have what would be built
    show(pickle.loads(pickled))
    assert builds == []


@pytest.mark.parametrize("show", WAYS.values(), ids=WAYS)
def test_nor_are_the_members_of_an_average(show, builds):
    member = mlp(hidden_layer_sizes=(17,), epochs=1)
    average = AveragingClassifier(member, n_estimators=2).fit(X, Y)
    held = mlp(hidden_layer_sizes=(17,), epochs=1).fit(X, Y)  # the program that they share
    builds.clear()
    if show is not WAYS["n_parameters_"]:
        show(average)
    for each in average.estimators_:
        show(each)
    assert builds == []
    assert held.n_iter_ == 1


def test_what_is_shown_are_the_attributes_of_the_fit():
    shown = mlp().fit(X, Y)._repr_html_()
    assert "n_parameters_" in shown
    assert "history_" in shown


def test_model_is_still_an_attribute_of_the_class_for_who_completes_names():
    assert "model_" in dir(type(mlp()))
    assert hasattr(mlp().fit(X, Y), "model_")
