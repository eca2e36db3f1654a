"""`save` and `load`: loaded models predict and train on with the same bits."""

import os
import pickle
import shutil

import joblib
import keras
import numpy as np
import pytest
import sklearn
import skops.io
from release_files import FOLDER, images
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.feature_selection import SelectKBest, chi2, f_classif, mutual_info_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier as SkMLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from support import MLP_AND_SLOWLY_CNN, cnn, digits, mlp, slow_but

import skdigits
from skdigits import NetworkClassifier
from skdigits.ensemble import AveragingClassifier
from skdigits.networks import build_mlp
from skdigits.persistence._archive import pack, unpack
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

X, Y = digits()
X, Y = X[:60], Y[:60]
COLUMNS = X.reshape(len(X), -1)
NAMES = np.array([f"digit {y}" for y in Y])


def small(**parameters):
    return mlp(**{"hidden_layer_sizes": (4,), "epochs": 1} | parameters)


def relu(x):
    return keras.ops.relu(x)


class Own(TransformerMixin, BaseEstimator):
    """A transformer of a user's."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


@pytest.fixture(scope="module")
def source():
    return small().fit(X, Y)


def saved(model, folder):
    """Return a model after it was saved and loaded."""
    return skdigits.load(skdigits.save(model, folder / "model.skd"))


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
def test_it_predicts_and_trains_on_with_the_same_bits(make, tmp_path):
    model = make(
        augmentation="shift", early_stopping=True, validation_fraction=0.3, dropout=0.2
    ).fit(X, Y)
    loaded = saved(model, tmp_path)
    assert loaded.get_params() == model.get_params()
    assert loaded.history_ == model.history_
    for _ in range(2):
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
        loaded.partial_fit(X, Y)
        model.partial_fit(X, Y)
    for each in (model, loaded):
        each.set_params(warm_start=True).fit(X, Y)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.n_iter_ == model.n_iter_


META = {
    "pipeline": lambda: make_pipeline(ImageReshaper((28, 28)), PixelScaler(), small()),
    "digits": lambda: make_pipeline(ImageReshaper((28, 28)), DigitNormalizer(), small()),
    "scaler": lambda: make_pipeline(StandardScaler(), small()),
    "average": lambda: AveragingClassifier(small(), n_estimators=2),
    "sigmoid": lambda: CalibratedClassifierCV(small(), cv=2),
    "isotonic": lambda: CalibratedClassifierCV(small(), cv=2, method="isotonic"),
    "temperature": lambda: CalibratedClassifierCV(small(), cv=2, method="temperature"),
    "voting": lambda: VotingClassifier(
        [("a", small()), ("b", LogisticRegression())], voting="soft"
    ),
    "stacking": lambda: StackingClassifier([("a", small())], cv=2),
    "one against the rest": lambda: OneVsRestClassifier(small()),
    "search": lambda: GridSearchCV(small(), {"epochs": [1]}, cv=2, scoring="accuracy"),
    "function of the package": lambda: NetworkClassifier(
        build_mlp, build_options={"hidden_layer_sizes": (4,)}, epochs=1
    ),
}


LIKE_OTHERS = {"digits", "isotonic", "one against the rest", "scaler", "temperature", "voting"}
LIKE_OTHERS |= {"stacking"}  # below, with what has to be trusted


@pytest.mark.parametrize("name", slow_but(META, *sorted(set(META) - LIKE_OTHERS)))
def test_pipelines_and_meta_estimators(name, tmp_path):
    model = META[name]().fit(COLUMNS, Y)
    loaded = saved(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(COLUMNS), model.predict_proba(COLUMNS))


def test_a_transferred_network_has_its_source(source, tmp_path):
    model = small(transfer_from=source).fit(X, Y)
    loaded = saved(model, tmp_path)
    for each in (model, loaded):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(loaded.transfer_from.predict_proba(X), source.predict_proba(X))
    assert loaded._network.spec.body is loaded.transfer_from._network
    model.set_params(transfer_from=None)
    np.testing.assert_array_equal(saved(model, tmp_path).predict_proba(X), model.predict_proba(X))


OBJECTS = {
    "activation": {"activation": keras.layers.LeakyReLU(0.1)},
    "SGD": {"optimizer": keras.optimizers.SGD(momentum=0.9, nesterov=True)},
    "Muon": {"optimizer": keras.optimizers.Muon()},
    "loss": {"loss": keras.losses.Huber(delta=0.1)},
    "smoothing": {"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)},
    "function": {"activation": keras.activations.gelu},
    "initializer": {"kernel_initializer": keras.initializers.HeNormal(3)},
    "schedule of an optimizer": {
        "optimizer": keras.optimizers.Adam(
            keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
        ),
        "learning_rate_schedule": "constant",
    },
    "schedule": {"learning_rate_schedule": keras.optimizers.schedules.CosineDecay(0.01, 100)},
    "augmentation": {
        "augmentation": [keras.layers.RandomRotation(0.1), keras.layers.RandomZoom(0.1)]
    },
    "class_weight": {"class_weight": {n: 1.0 + n for n in range(10)}},
    "random_state": {"random_state": np.random.RandomState(3)},
}
TOGETHER = (
    "activation",
    "loss",
    "initializer",
    "schedule of an optimizer",
    "augmentation",
    "class_weight",
    "random_state",
)
OBJECTS["many at once"] = {key: each for name in TOGETHER for key, each in OBJECTS[name].items()}


@pytest.mark.parametrize("name", slow_but(OBJECTS, "many at once", "function"))
def test_objects_of_keras_and_of_numpy(name, tmp_path):
    model = small(**OBJECTS[name]).fit(X, Y)
    loaded = saved(model, tmp_path)
    for each in (model, loaded):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    for each in (model, loaded):  # a new training begins in the same way
        each.fit(X, Y)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    "filters", slow_but(["auto", 3, ((2, 3), 4), ((2, 2), (3, 3))], ((2, 3), 4))
)
def test_filters_of_any_form(filters, tmp_path):
    network = cnn(hidden_layer_sizes=(), filters=filters, epochs=1)
    model = network.fit(X, Y)
    np.testing.assert_array_equal(saved(model, tmp_path).predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("images", "filters"),
    [(X, ()), (COLUMNS[:, 300:305], 2), pytest.param(COLUMNS, "auto", marks=pytest.mark.slow)],
)
def test_kernels_of_any_size(images, filters, tmp_path):
    """Over columns, and without convolutions, no weight has the size of the kernels."""
    network = cnn(hidden_layer_sizes=(), filters=filters, kernel_size=(1, 7), epochs=1)
    model = network.fit(images, Y)
    np.testing.assert_array_equal(saved(model, tmp_path).predict(images), model.predict(images))


@pytest.mark.parametrize(
    "labels",
    [
        Y > 4,
        Y.astype(float),
        NAMES.astype(object),
        *(pytest.param(y, marks=pytest.mark.slow) for y in (Y - 5, NAMES, Y.astype("u1"))),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_labels_of_any_type(labels, tmp_path):
    weights = dict.fromkeys(np.unique(labels).tolist(), 1.0)
    model = small(class_weight=weights).fit(X, labels)
    loaded = saved(model, tmp_path)
    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.classes_.tolist() == model.classes_.tolist()
    assert loaded.class_weight == weights
    assert list(map(type, loaded.class_weight)) == list(map(type, weights))


OF_LAMBDA = keras.callbacks.LambdaCallback(lambda epoch, logs: None)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (small(activation=relu), "MLPClassifier cannot.*'activation' holds the function .*relu"),
        (small(activation=lambda x: x), "'activation' holds the function .*lambda"),
        (small(loss=lambda y, p: keras.ops.sum(p)), "'loss' holds the function"),
        (small(callbacks=[keras.callbacks.EarlyStopping()]), "'callbacks' holds an object of .*Ea"),
        (small(callbacks=[OF_LAMBDA]), "'callbacks' holds an object of .*LambdaCallback"),
        (small(transfer_from=keras.Sequential([keras.Input((3,))])), "'transfer_from' holds"),
        (small(augmentation=keras.layers.Lambda(lambda x: x)), "'augmentation' holds an object"),
        (NetworkClassifier(lambda shape, n: None), "NetworkClassifier .*'build' holds the fun"),
        (NetworkClassifier(build_mlp, build_options={"activation": relu}), "'build_options' holds"),
        (make_pipeline(FunctionTransformer(relu), small()), "FunctionTransformer .*'func' holds"),
        (RandomizedSearchCV(small(), {"activation": [relu]}), "'param_distributions'.*best_est"),
        (make_pipeline(small(), memory="folder"), "Pipeline .*'memory' holds a folder of pickles"),
        (3, "takes an estimator"),
        (keras.Sequential(), "takes an estimator"),
        (type(small()), "takes an estimator"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_what_holds_code_is_refused_by_name(model, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        skdigits.save(model, tmp_path / "model.skd")
    assert not list(tmp_path.iterdir())


def test_an_object_that_its_configuration_does_not_describe_is_refused(tmp_path):
    optimizer = keras.optimizers.AdamW(0.01)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    with pytest.raises(ValueError, match=r"'optimizer' holds an object of .*AdamW"):
        skdigits.save(small(optimizer=optimizer), tmp_path / "model.skd")


def test_what_a_network_was_trained_with_counts_too(tmp_path):
    model = small(activation=relu).fit(X, Y).set_params(activation="relu")
    with pytest.raises(ValueError, match="'activation' holds the function"):
        skdigits.save(model, tmp_path / "model.skd")


def test_a_transformer_of_the_users_has_to_be_trusted(tmp_path):
    model = make_pipeline(Own(), small()).fit(COLUMNS, Y)
    name = f"{Own.__module__}.Own"
    with pytest.warns(UserWarning, match=rf"load does not trust by itself: {name}"):
        path = skdigits.save(model, tmp_path / "model.skd")
    with pytest.raises(ValueError, match=rf"not trusted: {name}.*trusted=\["):
        skdigits.load(path)
    for trusted in ([Own], [name], name):
        loaded = skdigits.load(path, trusted=trusted)
        np.testing.assert_array_equal(loaded.predict(COLUMNS), model.predict(COLUMNS))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (
            StackingClassifier([("a", small())], DecisionTreeClassifier(), cv=2),
            "sklearn.tree._tree.Tree",
        ),
        (StackingClassifier([("a", small())], SVC(), cv=2), "sklearn.svm._classes.SVC"),
        (
            KNeighborsClassifier(algorithm="brute", metric="manhattan"),
            "sklearn.neighbors._classification.KNeighborsClassifier",
        ),
        (make_pipeline(KMeans(2, n_init=1), small()), "sklearn.cluster._kmeans.KMeans"),
    ],
    ids=["tree", "svm", "neighbours", "clusters"],
)
def test_what_can_read_any_memory_has_to_be_trusted(model, name, tmp_path):
    model = clone(model).fit(COLUMNS, Y)
    with pytest.warns(UserWarning, match=name):
        path = skdigits.save(model, tmp_path / "model.skd")
    with pytest.raises(ValueError, match=f"not trusted: {name}"):
        skdigits.load(path)
    loaded = skdigits.load(path, trusted=[name])
    np.testing.assert_array_equal(loaded.predict(COLUMNS), model.predict(COLUMNS))


def test_parameters_that_are_bytes_or_random_generators(tmp_path):
    adding = FunctionTransformer(np.add, kw_args={"signature": b"ff->f"})
    loaded = saved(adding, tmp_path)
    assert loaded.kw_args == adding.kw_args
    for generator in (np.random.MT19937, np.random.PCG64, np.random.Philox):
        model = LogisticRegression(random_state=np.random.Generator(generator(3)))
        draws = saved(model, tmp_path).random_state.random(9)
        np.testing.assert_array_equal(draws, model.random_state.random(9))


@pytest.mark.parametrize("trusted", [True, [3], None])
def test_trusted_takes_types_and_names(trusted, source, tmp_path):
    path = skdigits.save(source, tmp_path / "model.skd")
    with pytest.raises(TypeError):
        skdigits.load(path, trusted=trusted)


@pytest.mark.skipif(os.name == "nt", reason="links need rights, and there are no pipes")
def test_links_lead_to_the_file_and_pipes_are_refused(source, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for _ in range(2):
        skdigits.save(source, tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert skdigits.load(tmp_path / "file").n_iter_ == source.n_iter_
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Not a regular file"):
        skdigits.save(source, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_request_of_weights(tmp_path):
    with sklearn.config_context(enable_metadata_routing=True):
        model = small().set_fit_request(sample_weight=True)
        requests = str(saved(model, tmp_path).get_metadata_routing())
        assert requests == str(model.get_metadata_routing())
        assert "'fit': {'sample_weight': True" in requests


@pytest.mark.parametrize("score", slow_but([f_classif, chi2, mutual_info_classif], f_classif))
def test_columns_are_filled_and_chosen(score, tmp_path):
    pixels = COLUMNS[:, COLUMNS.std(axis=0) > 0]
    model = make_pipeline(SimpleImputer(), SelectKBest(score, k=20), small()).fit(pixels, Y)
    loaded = saved(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(pixels), model.predict_proba(pixels))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_network_of_scikit_learn(solver, tmp_path):
    other = SkMLPClassifier((4,), solver=solver, max_iter=300, tol=1.0, random_state=0)
    model = VotingClassifier([("a", small()), ("b", other)], voting="soft").fit(COLUMNS, Y)
    loaded = saved(model, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(COLUMNS), model.predict_proba(COLUMNS))


def weighted():
    return small().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)


def scaler():
    return StandardScaler().set_fit_request(sample_weight="no_weight")


def search():
    """A search whose estimators are also in arrays of its results, and whose scorer has weights."""
    scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
    return GridSearchCV(
        make_pipeline(scaler(), weighted()), {"standardscaler": [scaler()]}, cv=2, scoring=scorer
    )


REQUESTING = {
    "average": lambda: AveragingClassifier(weighted(), 2).set_score_request(sample_weight=True),
    "pipeline": lambda: make_pipeline(scaler(), weighted()),
    "voting": lambda: VotingClassifier(
        [("a", weighted()), ("b", LogisticRegression().set_fit_request(sample_weight=True))],
        voting="soft",
    ),
    "search": search,
}


@pytest.mark.parametrize("name", REQUESTING)
def test_what_is_around_a_network_requests_weights(name, tmp_path):
    """In scikit-learn, a request holds the estimator that holds it."""
    with sklearn.config_context(enable_metadata_routing=True):
        model = REQUESTING[name]().fit(COLUMNS, Y, sample_weight=np.linspace(0, 1, len(Y)))
        before = pickle.dumps(model)
        loaded = saved(model, tmp_path)
        assert pickle.dumps(model) == before
        requests = str(model.get_metadata_routing())
        assert str(loaded.get_metadata_routing()) == requests
        assert "'sample_weight': True" in requests
        np.testing.assert_array_equal(loaded.predict_proba(COLUMNS), model.predict_proba(COLUMNS))


def test_a_file_is_the_same_each_time_and_no_larger_than_it_must_be(source, tmp_path):
    model = VotingClassifier([("a", small())], voting="soft").fit(COLUMNS, Y)
    one = skdigits.save(model, tmp_path / "one").read_bytes()
    assert skdigits.save(model, str(tmp_path / "other")).read_bytes() == one
    alone = skdigits.save(model.estimators_[0], tmp_path / "one").stat().st_size
    assert len(one) < 2 * alone  # scikit-learn holds the network at two places


def test_it_replaces_a_file_completely_or_not_at_all(source, tmp_path):
    path = skdigits.save(source, tmp_path / "model.skd")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="activation"):
        skdigits.save(small(activation=relu), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["model.skd"]
    with pytest.raises(FileNotFoundError):
        skdigits.save(source, tmp_path / "no" / "model.skd")
    with pytest.raises(FileNotFoundError):
        skdigits.load(tmp_path / "no.skd")


def test_a_name_may_be_as_long_as_the_file_system_allows(source, tmp_path):
    path = skdigits.save(source, tmp_path / f"{'a' * 240}.skd")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_that_is_replaced_keeps_its_permissions(source, tmp_path):
    path = skdigits.save(source, tmp_path / "model.skd")
    for mode in (0o600, 0o664):
        path.chmod(mode)
        skdigits.save(source, path)
        assert path.stat().st_mode & 0o777 == mode


def test_skops_and_joblib_share_the_state(source, tmp_path):
    joblib.dump(source, tmp_path / "model.joblib")
    skops.io.dump(source, tmp_path / "model.skops")
    path = skdigits.save(source, tmp_path / "model.skd")
    ours = ["skdigits._mlp.MLPClassifier"]
    assert skops.io.get_untrusted_types(file=tmp_path / "model.skops") == ours
    for loaded in (
        joblib.load(tmp_path / "model.joblib"),
        skops.io.load(tmp_path / "model.skops", trusted=ours),
        skops.io.load(path, trusted=ours),
    ):
        np.testing.assert_array_equal(loaded.predict_proba(X), source.predict_proba(X))


def test_arrays_that_are_mapped_to_a_file(tmp_path):
    """scikit-learn/scikit-learn 25584: joblib.load can map the arrays of a model."""
    model = make_pipeline(StandardScaler(), small()).fit(COLUMNS, Y)
    joblib.dump(model, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    loaded = saved(mapped, tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(COLUMNS), model.predict_proba(COLUMNS))


def test_a_file_of_other_versions_warns_once(source, tmp_path):
    path = skdigits.save(AveragingClassifier(small(), n_estimators=2).fit(X, Y), tmp_path / "a.skd")
    members, versions = unpack(path.read_bytes())
    path.write_bytes(pack(members, {**versions, "keras": "3.0.0", "skdigits": "0.0.1"}))
    message = "AveragingClassifier from version 0.0.1 of skdigits, 3.0.0 of keras"
    with pytest.warns(InconsistentVersionWarning, match=message) as caught:
        skdigits.load(path)
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.skd")), ids=lambda path: path.stem)
def test_files_of_each_release_load(path, tmp_path):
    shutil.copy(path, tmp_path)  # they may be read-only
    model = skdigits.load(tmp_path / path.name)
    expected = np.load(path.with_suffix(".npy"))
    np.testing.assert_allclose(
        model.predict_proba(images()[0][: len(expected)]), expected, atol=1e-5
    )
