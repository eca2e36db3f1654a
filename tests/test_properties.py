"""All classifiers on inputs and parameters of all kinds, drawn by Hypothesis.

Each draws a classifier with a tiny network, images or columns, and labels. The quick form draws
from few networks, so that most fits find their network built. The slow form draws from many:
``SKDIGITS_TEST_EXAMPLES=3000 python -m pytest -m slow tests/test_properties.py``.
"""

import os
import pickle
import random
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st
from sklearn.base import clone
from support import dense

import skdigits
from skdigits import CNNClassifier, MLPClassifier, NetworkClassifier
from skdigits.ensemble import AveragingClassifier

# To make a failing case smaller would take minutes.
QUICK = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MANY = settings(
    QUICK, max_examples=int(os.environ.get("SKDIGITS_TEST_EXAMPLES", "300")), derandomize=False
)

# The networks of the quick form: shapes, numbers of classes, and parameters that build them.
FEW_SHAPES = [(5,), (4, 5, 3)]
SMALL = {"epochs": 1, "random_state": 0}
FEW_NETWORKS = [
    (MLPClassifier, {"hidden_layer_sizes": (4,)}),
    (CNNClassifier, {"hidden_layer_sizes": (4,), "filters": (2,)}),
    (NetworkClassifier, {"build": dense, "build_options": {"units": 4}}),
]


def shapes(wide):
    if not wide:
        return st.sampled_from(FEW_SHAPES)
    side = st.integers(1, 9)
    return st.one_of(
        st.tuples(st.integers(1, 40)),
        st.tuples(side, side),
        st.tuples(side, side, st.integers(1, 4)),
    )


def whole(least, most):
    """Draw whole numbers, of Python or of NumPy."""
    return st.integers(least, most).flatmap(
        lambda n: st.sampled_from([n, np.int64(n), np.uint8(n)])
    )


def sequences(numbers, least=1):
    """Draw sequences, as tuples, lists or arrays."""
    drawn = st.lists(numbers, min_size=least, max_size=3)
    return drawn.flatmap(lambda found: st.sampled_from([found, tuple(found), np.array(found)]))


# Parameters that build the same network.
TRAINING = {
    "epochs": st.one_of(whole(1, 2), st.tuples(whole(1, 2), whole(1, 3))),
    "batch_size": st.one_of(st.just("auto"), st.sampled_from([1, 3, 8, np.int32(16), 1000])),
    "learning_rate": st.sampled_from([1e-3, 0.01, np.float32(0.02), 1]),
    "learning_rate_schedule": st.sampled_from(["constant", "one_cycle"]),
    "class_weight": st.sampled_from([None, "balanced"]),
    "warm_start": st.sampled_from([True, False, np.True_]),
    "n_iter_no_change": whole(1, 2),
    "tol": st.sampled_from([0, 0.0, 1e-4, 1]),
    "validation_fraction": st.sampled_from([None, 0.3]),
    "random_state": st.sampled_from([0, 7, np.int64(2**32 - 1)]),
}
# Parameters that build another one.
BUILDING = {
    "optimizer": st.sampled_from(["adam", "sgd", "AdamW", "rmsprop", "lion", "nadam"]),
    "weight_decay": st.sampled_from([None, 0, 0.02, 1.0]),
    "loss": st.sampled_from(
        ["auto", "categorical_crossentropy", "sparse_categorical_crossentropy", "mse",
         "binary_crossentropy", "kl_divergence", "categorical_hinge"]
    ),
    "precision": st.sampled_from(["auto", "float32"]),
    "early_stopping": st.booleans(),
    "test_time_averaging": st.booleans(),
}  # fmt: skip
LAYERS = {
    "hidden_layer_sizes": st.one_of(whole(1, 6), sequences(st.integers(1, 6), 0)),
    "activation": st.sampled_from(["relu", "tanh", "gelu", "leaky_relu", "linear", "softmax"]),
    "output_activation": st.sampled_from(["softmax", "sigmoid", "softplus"]),
    "kernel_initializer": st.sampled_from(["glorot_uniform", "he_normal", "orthogonal", "zeros"]),
    "dropout": st.sampled_from([0, 0.0, 0.5, np.float64(0.2)]),
    "batch_norm": st.booleans(),
}
CONVOLUTIONS = {
    "filters": st.one_of(st.just("auto"), whole(1, 4), sequences(st.integers(1, 3), 0)),
    "kernel_size": st.sampled_from([1, 2, 3, (1, 2), [2, 1]]),
    "pool_size": st.sampled_from([1, 2, (2, 1)]),
}
AUGMENTATIONS = st.sampled_from(
    ["auto", None, "shift", "flip", "erase", "affine", "elastic", ("flip", "shift")]
)


@st.composite
def classifiers(draw, shape, wide):
    """Draw a classifier for images of a shape."""
    kind, network = draw(st.sampled_from(FEW_NETWORKS))
    parameters = {**SMALL, **network}
    optional = TRAINING
    if wide:
        optional = {**TRAINING, **BUILDING}
        if kind is not NetworkClassifier:
            optional |= LAYERS
        if kind is CNNClassifier:
            optional |= CONVOLUTIONS
        if len(shape) > 1:
            optional |= {"augmentation": AUGMENTATIONS}
    names = draw(st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=6))
    parameters |= {name: draw(optional[name]) for name in names}
    classifier = kind(**parameters)
    if draw(st.integers(0, 5)) == 0:
        return AveragingClassifier(classifier, n_estimators=2, random_state=0)
    return classifier


DTYPES = [
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float16", "float32", "float64", ">i4", ">f4", ">f8", "bool",
]  # fmt: skip


@st.composite
def images(draw, shape):
    """Draw an array of images of a shape: any dtype, range and number."""
    n = draw(st.integers(10, 40))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    if dtype.kind == "b":
        return rng.integers(0, 2, (n, *shape)).astype(bool)
    if dtype.kind in "iu":
        kind = np.iinfo(dtype)
        least = draw(st.sampled_from([0, max(kind.min, -100), kind.min]))
        most = draw(st.sampled_from([1, 100, kind.max]))
        return rng.integers(least, most, (n, *shape), dtype.newbyteorder("="), True).astype(dtype)
    scale = draw(st.sampled_from([1.0, 255.0, 1e-3, 1e4]))
    return (rng.normal(draw(st.sampled_from([0, 1, 3])), 1, (n, *shape)) * scale).astype(dtype)


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5)
NAMES = st.one_of(
    st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=3, unique=True),
    st.lists(st.integers(-128, 127), min_size=2, max_size=3, unique=True).map(
        lambda names: np.array(names, np.int8)
    ),
    st.lists(st.integers(2**62, 2**64 - 1), min_size=2, max_size=3, unique=True).map(
        lambda names: np.array(names, np.uint64)
    ),
    st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=3, unique=True),
    st.lists(TEXTS, min_size=2, max_size=3, unique=True),
    st.lists(TEXTS, min_size=2, max_size=3, unique=True).map(lambda t: np.array(t, object)),
    st.just([False, True]),
    st.just(np.array([0, 1, 2], np.float32)),
)


@st.composite
def labels(draw, n):
    """Draw labels of a type for n images, each class at least twice."""
    names = np.array(draw(NAMES))
    codes = np.arange(n) % len(names)
    return names[np.random.default_rng(draw(st.integers(0, 9))).permutation(codes)]


@st.composite
def cases(draw, wide=False):
    """Draw a classifier, images and labels that it can be fitted to."""
    shape = draw(shapes(wide))
    X = draw(images(shape))
    return draw(classifiers(shape, wide)), X, draw(labels(len(X)))


def _mapped(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


def _read_only(X, folder):
    X = X.copy()
    X.flags.writeable = False
    return X


FORMS = {
    "fortran": lambda X, folder: np.asfortranarray(X),
    "strided": lambda X, folder: np.repeat(X, 2, axis=0)[::2],
    "reversed": lambda X, folder: X[::-1].copy()[::-1],
    "wider": lambda X, folder: np.concatenate([X, X], axis=-1)[..., : X.shape[-1]],
    "read-only": _read_only,
    "mapped": _mapped,
    "other order of bytes": lambda X, folder: X.astype(X.dtype.newbyteorder()),
    "list": lambda X, folder: X.tolist(),
}


def fit_or_assume(classifier, X, y):
    """Fit, or give up the case for an error that a valid case may have."""
    try:
        return classifier.fit(X, y)
    except ValueError as error:
        known = ("no longer finite", "are too small", "may be negative", "too large for dtype")
        assume(not any(text in str(error) for text in known))
        raise


def check_valid(case, form, folder):
    """Check all that holds for every fitted classifier."""
    classifier, X, y = case
    note(f"{classifier!r} on {X.shape} {X.dtype}, labels {np.unique(y)!r}")
    before, random_before = X.copy(), (random.getstate(), str(np.random.get_state()))  # noqa: NPY002
    assert fit_or_assume(classifier, X, y) is classifier
    np.testing.assert_array_equal(X, before)
    assert (random.getstate(), str(np.random.get_state())) == random_before  # noqa: NPY002

    classes = np.unique(y)
    assert classifier.classes_.dtype == classes.dtype
    assert classifier.classes_.tolist() == classes.tolist()
    expected = classifier.predict_proba(X)
    assert expected.shape == (len(X), len(classes))
    assert (expected >= 0).all()
    np.testing.assert_allclose(expected.sum(axis=1), 1, rtol=1e-12)
    predicted = classifier.predict(X)
    assert predicted.dtype == y.dtype
    assert predicted.tolist() == classes[expected.argmax(axis=1)].tolist()
    assert 0 <= classifier.score(X, y) <= 1

    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(classifier.predict_proba(X[order]), expected[order], atol=1e-5)
    other = FORMS[form](X, folder)
    np.testing.assert_array_equal(classifier.predict_proba(other), expected)
    copied = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copied.predict_proba(X), expected)
    check_file(classifier, X, expected, folder)
    again = clone(classifier).fit(other, y)
    np.testing.assert_array_equal(again.predict_proba(X), expected)


def check_file(classifier, X, expected, folder):
    """Check that a file of `save` predicts the same; functions of the user's are refused."""
    network = getattr(classifier, "estimator", classifier)
    if isinstance(network, NetworkClassifier):
        with pytest.raises(ValueError, match="build"):
            skdigits.save(classifier, folder / "classifier.skd")
        assert not (folder / "classifier.skd").exists()
        return
    loaded = skdigits.load(skdigits.save(classifier, folder / "classifier.skd"))
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    assert loaded.predict(X).dtype == classifier.classes_.dtype


@settings(QUICK, max_examples=3)
@given(case=cases(), form=st.sampled_from(sorted(FORMS)))
def test_valid_input(case, form):
    with tempfile.TemporaryDirectory() as folder:
        check_valid(case, form, Path(folder))


@pytest.mark.slow
@MANY
@given(case=cases(wide=True), form=st.sampled_from(sorted(FORMS)))
def test_valid_input_and_many_networks(case, form):
    with tempfile.TemporaryDirectory() as folder:
        check_valid(case, form, Path(folder))


# Values that some parameter takes, and most do not. None is so large that it takes long.
JUNK = [
    None, True, -1, 0, 1.5, -0.0, float("nan"), float("inf"), 1j, "", "junk", b"junk", [], (), {},
    set(), [None], ["junk"], [[1]], [0], [-1], (2, 2, 2, 2), [1.5], [float("nan")], {"junk": 1},
    {0: -1}, {0: "junk"}, np.array([]), np.array([[1, 2]]), np.array("junk"), np.float32("nan"),
    np.array([1, 2]), object(), object, len, lambda *args, **kwargs: None, range(2), iter([1]),
    np.datetime64("2020"), slice(3), Ellipsis, NotImplemented, Path("/no/such/folder/file"),
]  # fmt: skip
ARGUMENTS = ["X", "y", "sample_weight", "X_val", "y_val"]


@st.composite
def bad_cases(draw, wide=False):
    """Draw a valid case, and junk for one parameter of the classifier or one argument of fit."""
    classifier, X, y = draw(cases(wide))
    # `verbose` prints, and an average whose estimator is None trains default CNNs for long.
    names = sorted(set(classifier.get_params()) - {"verbose", "estimator"})
    return (
        classifier,
        X,
        y,
        draw(st.sampled_from([*names, *ARGUMENTS])),
        draw(st.sampled_from(JUNK)),
    )


def check_junk(case):
    """Check that junk raises one clear error and leaves nothing behind, or is taken rightly."""
    classifier, X, y, name, junk = case
    note(f"{classifier!r} on {X.shape} {X.dtype} with {name}={junk!r}")
    arguments = {"X": X, "y": y, **({name: junk} if name in ARGUMENTS else {})}
    before = dict(vars(classifier))
    raised = None
    try:
        if name not in ARGUMENTS:
            classifier.set_params(**{name: junk})
            before = dict(vars(classifier))
        classifier.fit(**arguments)
    except (TypeError, ValueError) as error:
        raised = error
    if raised:
        check_clear(raised)
        assert vars(classifier) == before
        return
    found = classifier.predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    assert classifier.classes_.tolist() == np.unique(y).tolist()


def check_clear(error):
    """Check that an error is not one of TensorFlow's or another library's, and has a text."""
    assert type(error).__module__.split(".")[0] in ("builtins", "skdigits")
    assert str(error)


@settings(QUICK, max_examples=4)
@given(bad_cases())
def test_junk(case):
    check_junk(case)


@pytest.mark.slow
@MANY
@given(bad_cases(wide=True))
def test_junk_for_many_networks(case):
    check_junk(case)


@pytest.fixture(scope="module", params=FEW_NETWORKS, ids=lambda pair: pair[0].__name__)
def fitted(request):
    kind, network = request.param
    X = np.random.default_rng(0).integers(0, 256, (20, 4, 5, 3), np.uint8)
    return kind(**SMALL, **network).fit(X, np.arange(20) % 2), X


def _with(X, value):
    X = X.astype(float)
    X[3, 1, 1, 1] = value
    return X


NO_IMAGES = {
    **{f"junk {number}": lambda X, junk=junk: junk for number, junk in enumerate(JUNK)},
    "none": lambda X: X[:0],
    "one": lambda X: X[0],
    "nan": lambda X: _with(X, np.nan),
    "infinite": lambda X: _with(X, -np.inf),
    "beyond float32": lambda X: _with(X, 1e200),
    "fewer rows of pixels": lambda X: X[:, 1:],
    "fewer channels": lambda X: X[..., :2],
    "turned": lambda X: X.transpose(0, 2, 1, 3),
    "columns": lambda X: X.reshape(len(X), -1)[:, 1:],
    "five dimensions": lambda X: X[..., None],
    "complex": lambda X: X * 1j,
    "text": lambda X: X.astype(str)[..., 0],
    "masked": lambda X: np.ma.masked_less(X, 9),
    "dates": lambda X: X.astype("datetime64[s]"),
}


@pytest.mark.parametrize("make", NO_IMAGES.values(), ids=NO_IMAGES)
def test_no_answer_for_what_is_no_image(fitted, make):
    classifier, X = fitted
    before = dict(vars(classifier))
    with pytest.raises((TypeError, ValueError)) as caught:
        classifier.predict_proba(make(X))
    check_clear(caught.value)
    assert vars(classifier) == before
