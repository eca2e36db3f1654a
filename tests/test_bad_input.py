"""Bad input: one clear error before any training, and an estimator that is as it was."""

import keras
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils.validation import check_is_fitted
from support import BOTH, MLP_AND_SLOWLY_CNN, cnn, mlp, slow_but, tiny

from skdigits import MLPClassifier
from skdigits.preprocessing import PixelScaler


class CountedEpochs(keras.callbacks.Callback):
    """Fails the test as soon as a training begins."""

    def on_train_begin(self, logs=None):
        raise AssertionError("training began")


def with_value(value):
    X, _ = tiny()
    X = X.astype(float)
    X[3, 2, 1] = value
    return X


X, Y = tiny()
ROWS = X.reshape(len(X), -1)
NOT_NUMBERS = "could not convert string to float"

# name -> (X, y, what the message must hold)
BAD_DATA = {
    "nan": (with_value(np.nan), Y, "X contains NaN"),
    "infinity": (with_value(np.inf), Y, "X contains infinity"),
    "beyond float32": (with_value(1e300), Y, "X contains infinity or a value too large"),
    "nan in rows": (with_value(np.nan).reshape(len(X), -1), Y, "X contains NaN"),
    "no images": (X[:0], Y[:0], "0 sample"),
    "no rows": (ROWS[:0], Y[:0], "0 sample"),
    "no pixels": (X[:, :0], Y, "0 feature"),
    "1-D": (ROWS[:, 0], Y, "Expected 2D array, got 1D array"),
    "0-D": (np.float32(3), Y, "Expected 2D array, got scalar array"),
    "5-D": (X[:, :, :, None, None], Y, "5 dimensions"),
    "nothing": (None, Y, "Expected 2D array"),
    "ragged": ([[1, 2], [3]], [0, 1], r"rows of different shapes, \(1,\), \(2,\)"),
    "text": (np.full((len(X), 4), "seven"), Y, NOT_NUMBERS),
    "text in 3-D": (np.full((len(X), 4, 4), "seven"), Y, NOT_NUMBERS),
    "one text": ("seven", Y, "X is a str, not an array"),
    "list of text": (["seven"] * len(X), Y, "X holds text, such as 'seven'"),
    "objects": (np.full((len(X), 4), object()), Y, "must be a string or a real number"),
    "complex": (ROWS * 1j, Y, "Complex data not supported"),
    "sparse": (scipy.sparse.csr_matrix(ROWS), Y, "(?i)sparse"),
    "sparse array": (scipy.sparse.coo_array(ROWS), Y, "(?i)sparse"),
    "sparse 3-D": (scipy.sparse.coo_array(X), Y, r"3 dimensions; give X\.toarray\(\)"),
    "fewer labels": (X, Y[:-1], "X has 60 images, and y has 59 labels"),
    "no labels": (X, None, "labels, .* but the target y is None"),
    "continuous": (X, Y + 0.5, "Unknown label type: continuous"),
    "whole objects": (X, Y.astype(object), r"objects of type int, .*\.astype\(int\)"),
    "long objects": (X, Y.astype(object) + 2**70, r"objects of type int, .*\.astype\(str\)"),
    "NaN label": (X, np.where(Y == 0, np.nan, Y), "y contains NaN"),
    "NaN among texts": (
        X,
        [*np.array(["a", "b"])[Y[1:] % 2].tolist(), np.nan],
        "for 1 of 60 images",
    ),
    "one label": (X, "a", "y should be a 1d array of labels, got 'a'"),
    "a set of labels": (X, {0, 1, 2}, "y should be a 1d array of labels, got {0, 1, 2}"),
    "infinite label": (X, np.where(Y == 0, np.inf, Y), "y contains infinity"),
    "one class": (X, np.zeros(len(X)), "one class"),
    "one-hot": (X, np.eye(3)[Y], r"y should be a 1d array.*y.argmax\(axis=1\)"),
    "StringDType": (
        X,
        np.array(["a", "b", "c"], np.dtypes.StringDType())[Y],
        r"np.array\(y.tolist",
    ),
    "numbers and text": (X, np.array([1, "a"], dtype=object)[Y % 2], "objects of type int, str"),
}

PARAMETERS = {
    "epochs": [-1, 0, 1.5, "10", None, (8,), (0, 5), (3, 2.5), (1, 2, 3), np.array(3)],
    "batch_size": [0, -64, 2.5, None],
    "learning_rate": [0, -0.1, "fast", np.nan, None],
    "activation": ["nope", None, 3],
    "output_activation": ["nope", None, 3],
    "kernel_initializer": ["nope", None, 3],
    "optimizer": ["nope", None, 3, keras.optimizers.SGD],
    "loss": ["nope", None, 3],
    "learning_rate_schedule": ["nope", None, 3, lambda step: 0.1],
    "augmentation": ["nope", 3, [keras.layers.RandomFlip(), "nope"], ["shift", 3]],
    "weight_decay": [-0.1, "much", np.nan],
    "precision": ["float16", None],
    "hidden_layer_sizes": [(0,), -3, (16, -1), (1.5,), ("many",), "many", None, [[3, 4]]],
    "dropout": [1.0, -0.1, (0.1, 0.2, 0.3), ("much",), "much", None, (2.0,)],
    "batch_norm": ["yes", None],
    "image_shape": [
        (28, 28),
        (6,),
        (6, 6, 3),
        (0, 36),
        (6, "six"),
        (6.5, 6),
        "6x6",
        36,
        (1, 6, 6, 1),
    ],
    "early_stopping": ["loss", None],
    "validation_fraction": [0, 1, 1.0, -0.1, "some"],
    "n_iter_no_change": [0, -1, 1.5],
    "tol": [-1, "small", 10**400],
    "class_weight": ["even", 3, {0: 1.0, 1: 1.0, 77: 1.0}],
    "callbacks": [[3], "progress", [keras.callbacks.EarlyStopping], keras.callbacks.History()],
    "checkpoint": [3, b"file"],
    "warm_start": ["yes"],
    "verbose": [-1, "loud"],
    "random_state": ["dice", -1],
}
CNN_PARAMETERS = {
    "filters": [(0,), -3, (4, -1), "many", ("many",), ((),), (4, ()), None],
    "kernel_size": [0, (3,), (3, 3, 3), -1, 2.5, "3x3", ("a", "b"), None],
    "pool_size": [0, (2,), (2, 2, 2), -1, 2.5, None, 7],
}


def assert_left_unfitted(estimator):
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    assert {name for name in vars(estimator) if name.endswith("_")} == set()
    with pytest.raises(NotFittedError):
        estimator.predict(X)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("bad", BAD_DATA)
def test_bad_data_leaves_the_estimator_unfitted(bad, make, method):
    images, labels, message = BAD_DATA[bad]
    estimator = make(callbacks=[CountedEpochs()])
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(estimator, method)(images, labels)
    assert_left_unfitted(estimator)


def cases(table):
    return [
        pytest.param(name, value, id=f"{name}={value!r:.20}")
        for name, values in table.items()
        for value in values
    ]


def check_bad_parameter(estimator, name, value):
    estimator.set_params(**{name: value})
    if name != "callbacks":
        estimator.set_params(callbacks=[CountedEpochs()])
    with pytest.raises((ValueError, TypeError), match=name):
        estimator.fit(X, Y)
    assert_left_unfitted(estimator)


@pytest.mark.parametrize(("name", "value"), cases(PARAMETERS))
@pytest.mark.parametrize("make", BOTH)
def test_a_bad_parameter_is_named(make, name, value):
    check_bad_parameter(make(), name, value)


def test_a_type_is_named_once():
    with pytest.raises(ValueError, match=r"must be an instance of 'bool'\. Got 1"):
        mlp(early_stopping=1).fit(X, Y)


@pytest.mark.parametrize(("name", "value"), cases(CNN_PARAMETERS))
def test_a_bad_parameter_of_the_cnn_is_named(name, value):
    check_bad_parameter(cnn(), name, value)


@pytest.mark.parametrize(
    ("name", "keras_class"),
    [
        ("activation", keras.layers.PReLU),
        ("kernel_initializer", keras.initializers.HeNormal),
        ("loss", keras.losses.CategoricalCrossentropy),
        ("optimizer", keras.optimizers.SGD),
        ("augmentation", keras.layers.RandomFlip),
    ],
)
def test_a_keras_class_in_place_of_an_object_works_or_is_named(name, keras_class):
    estimator = mlp(**{name: keras_class})
    try:
        estimator.fit(X, Y)
    except (ValueError, TypeError) as error:
        assert name in str(error)  # noqa: PT017  (either is fine)
        assert_left_unfitted(estimator)


def test_an_optimizer_as_a_config_works_or_is_named():
    estimator = mlp(optimizer=keras.optimizers.serialize(keras.optimizers.SGD()))
    try:
        estimator.fit(X, Y)
    except (ValueError, TypeError) as error:
        assert "optimizer" in str(error)  # noqa: PT017
        assert_left_unfitted(estimator)


def test_an_unknown_parameter_is_refused():
    with pytest.raises(TypeError, match="layers"):
        mlp(layers=3)
    with pytest.raises(ValueError, match="layers"):
        mlp().set_params(layers=3)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("hidden_layer_size", "did you mean 'hidden_layer_sizes'"),
        ("drop_out", "did you mean 'dropout'"),
        ("max_iter", "use 'epochs'"),
        ("nonsense", "the parameters are activation, .*weight_decay"),
    ],
)
def test_a_misspelt_parameter_is_told_the_right_one(name, advice):
    with pytest.raises(TypeError, match=f"{name}.*{advice}"):
        mlp(**{name: 3})
    with pytest.raises(ValueError, match=f"{name}.*{advice}"):
        GridSearchCV(mlp(), {name: [1]}, cv=2).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("epochs", r"a parameter of the estimator: MLPClassifier\(epochs=\.\.\.\)"),
        ("validation_split", r"MLPClassifier\(validation_fraction=\.\.\.\)"),
        ("sample_weights", "did you mean 'sample_weight'"),
        ("validation_data", "the arguments are X, y, sample_weight, X_val, y_val"),
    ],
)
def test_an_unknown_argument_of_fit_is_told_the_right_way(name, advice):
    model = mlp()
    with pytest.raises(TypeError, match=rf"MLPClassifier\.fit takes no '{name}'; .*{advice}"):
        model.fit(X, Y, **{name: 3})
    with pytest.raises(TypeError, match=rf"PixelScaler\.fit takes no '{name}'"):
        PixelScaler().fit(X, **{name: 3})


def test_a_subclass_has_to_name_its_parameters():
    class Wide(MLPClassifier):
        def __init__(self, width=8, **others):
            super().__init__(hidden_layer_sizes=(width,), **others)
            self.width = width

    with pytest.raises(TypeError, match=r"Wide takes no 'epochs'; name each parameter in __init__"):
        Wide(width=4, epochs=2)
    with pytest.raises(ValueError, match=r"no parameter 'epochs'; the parameters are width\.$"):
        Wide(width=4).set_params(epochs=2)


def test_a_function_is_not_a_schedule():
    with pytest.raises(ValueError, match=r"keras\.optimizers\.schedules\. Got <function"):
        mlp(learning_rate_schedule=lambda step: 0.01).fit(X, Y)
    with pytest.raises(ValueError, match=r"schedules\. Got 'cosine'") as raised:
        mlp(learning_rate_schedule="cosine").fit(X, Y)
    assert "callable" not in str(raised.value)


@pytest.mark.parametrize(
    ("shape", "filters"),
    [
        ((30, 3), (4, 4)),
        pytest.param((1, 9), 4, marks=pytest.mark.slow),
        pytest.param((2, 2), (4, 4), marks=pytest.mark.slow),
        pytest.param((7, 7), (4, 4, 4), marks=pytest.mark.slow),
    ],
)
def test_images_too_small_for_the_pooling(shape, filters):
    images, labels = tiny(shape=shape)
    estimator = cnn(filters=filters, callbacks=[CountedEpochs()])
    with pytest.raises(
        ValueError, match=f"{shape[0]} x {shape[1]} pixels are too small.*pool_size"
    ):
        estimator.fit(images, labels)
    assert_left_unfitted(estimator)
    cnn(filters=filters, pool_size=1).fit(images, labels)  # what the message advises


@pytest.mark.parametrize("augmentation", ["shift", ("affine", "flip")])
def test_augmentation_of_columns_is_refused_by_name(augmentation):
    estimator = mlp(augmentation=augmentation)
    with pytest.raises(ValueError, match="augmentation"):
        estimator.fit(ROWS[:, :5], Y)
    assert_left_unfitted(estimator)


def test_augmentation_that_changes_the_shape_is_refused_by_name():
    estimator = cnn(augmentation=["shift", keras.layers.RandomCrop(5, 5)])
    with pytest.raises(ValueError, match=r"'augmentation' .*\(5, 5, 1\) of \(6, 6, 1\)"):
        estimator.fit(X, Y)
    assert_left_unfitted(estimator)


def test_image_shape_is_enforced_on_images():
    with pytest.raises(ValueError, match=r"X has images of 6 x 6 pixels.*image_shape=\(9, 4\)"):
        mlp(image_shape=(9, 4)).fit(X, Y)
    with pytest.raises(ValueError, match=r"X has 35 features.*image_shape=\(6, 6\)"):
        mlp(image_shape=(6, 6)).fit(ROWS[:, :35], Y)


class TestSplit:
    def test_too_few_samples_for_a_validation_split(self):
        estimator = mlp(early_stopping=True, callbacks=[CountedEpochs()])
        with pytest.raises(ValueError, match=r"validation_fraction=0.1 cannot split 6 samples"):
            estimator.fit(X[:6], Y[:6])
        assert_left_unfitted(estimator)

    def test_a_class_with_one_sample(self):
        labels = np.where(np.arange(len(Y)) == 0, 9, Y)
        with pytest.raises(ValueError, match="validation_fraction"):
            mlp(early_stopping=True).fit(X, labels)


class TestValidationData:
    @pytest.mark.parametrize(
        ("images", "labels", "message"),
        [
            (X, None, "X_val is given without y_val; fit takes both or neither"),
            (None, Y, "y_val is given without X_val; fit takes both or neither"),
            (X[:5], Y[:6], "X_val and y_val cannot be used: .* 5 images, and y has 6 labels"),
            (X[:0], Y[:0], "X_val and y_val cannot be used: .*0 sample"),
            (ROWS[:, :20], Y, "cannot be used: X has 20 features, but MLPClassifier is expecting"),
            (X.reshape(-1, 9, 4), Y, "cannot be used: .* 9 x 4 pixels.* fitted on 6 x 6 pixels"),
            (with_value(np.nan), Y, "X_val and y_val cannot be used: Input X contains NaN"),
            (X, Y + 1, r"cannot be used: y holds labels that are not among the classes: \[3\]"),
            (X, np.array(["a", "b", "c"])[Y], "among the classes: .*'a', 'b', 'c'"),
            (X, Y + 0.5, "X_val and y_val cannot be used: Unknown label type: continuous"),
        ],
    )
    @pytest.mark.parametrize("warm_start", [False, True])
    def test_one_error_before_any_training(self, images, labels, message, warm_start):
        estimator = mlp(warm_start=warm_start, callbacks=[CountedEpochs()])
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, Y, X_val=images, y_val=labels)
        assert_left_unfitted(estimator)

    def test_sparse_images(self):
        with pytest.raises(TypeError, match="X_val and y_val cannot be used: Sparse data"):
            mlp().fit(X, Y, X_val=scipy.sparse.csr_matrix(ROWS), y_val=Y)

    def test_labels_whose_text_cannot_be_read(self):
        """Python's error takes more than a text."""

        class Labels:
            def __array__(self, dtype=None, copy=None):
                return np.array([b"\xff".decode()] * len(Y))

        with pytest.raises(ValueError, match="X_val and y_val cannot be used: 'utf-8' codec"):
            mlp().fit(X, Y, X_val=X, y_val=Labels())


@pytest.fixture(scope="module")
def fitted():
    return mlp().fit(X, Y)


def test_without_eager_execution_one_error_says_so(fitted):
    uses = [lambda: mlp().fit(X, Y), lambda: fitted.predict(X), lambda: fitted.partial_fit(X, Y)]
    for use in uses:
        with (
            tf.Graph().as_default(),
            pytest.raises(RuntimeError, match="needs TensorFlow's eager execution"),
        ):
            use()
    assert fitted.n_iter_ == 2
    fitted.predict(X)


def test_a_scope_of_several_devices_is_refused():
    with (
        tf.distribute.OneDeviceStrategy("/CPU:0").scope(),
        pytest.raises(RuntimeError, match=r"outside of .*strategy\.scope\(\)"),
    ):
        mlp(hidden_layer_sizes=(7,)).fit(X, Y)


class TestWeights:
    @pytest.mark.parametrize(
        ("sample_weight", "message"),
        [
            (np.ones(3), "sample_weight"),
            (np.ones((len(Y), 2)), "(?i)sample.?weight"),
            (np.full(len(Y), np.nan), "sample_weight"),
            (["heavy"] * len(Y), "sample_weight|convert string"),
            (np.ma.masked_equal(Y, 0), "sample_weight has masked values"),
        ],
        ids=["length", "2-D", "nan", "text", "masked"],
    )
    def test_bad_sample_weight(self, sample_weight, message):
        estimator = mlp(callbacks=[CountedEpochs()])
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, Y, sample_weight=sample_weight)
        assert_left_unfitted(estimator)

    @pytest.mark.parametrize("loss", slow_but(["dice", "Tversky"], "dice"))
    def test_a_loss_of_keras_that_cannot_be_weighted(self, loss):
        estimator = mlp(loss=loss).fit(X, Y)
        with pytest.raises(ValueError, match="one number for all images"):
            estimator.fit(X, Y, sample_weight=np.where(Y[0] == Y, 2.0, 1.0))

    @pytest.mark.parametrize("as_object", slow_but([False, True], True))
    def test_a_loss_of_one_number_cannot_be_weighted(self, as_object):
        def whole(targets, outputs):
            return keras.ops.mean((targets - outputs) ** 2)

        def by_image(targets, outputs):
            return keras.ops.mean((targets - outputs) ** 2, axis=-1)

        class Whole(keras.losses.Loss):
            def call(self, y_true, y_pred):
                return whole(y_true, y_pred)

        loss = Whole() if as_object else whole
        estimator = mlp(loss=loss, callbacks=[CountedEpochs()])
        first = np.where(Y[0] == Y, 2.0, 1.0)
        with pytest.raises(ValueError, match=r"one number for all images.*axis=-1"):
            estimator.fit(X, Y, sample_weight=first)
        assert_left_unfitted(estimator)
        with pytest.raises(ValueError, match="one number for all images"):
            estimator.set_params(class_weight={Y[0]: 2.0}).fit(X, Y)
        assert_left_unfitted(estimator)
        mlp(loss=loss).fit(X, Y, sample_weight=np.ones(len(Y)))
        mlp(loss=by_image).fit(X, Y, sample_weight=first)

    @pytest.mark.parametrize("as_object", [False, True])
    @pytest.mark.parametrize("batch_size", [7, 3])  # 3 is the number of classes
    def test_a_loss_of_several_numbers_for_each_image(self, batch_size, as_object):
        def squares(targets, outputs):
            return keras.ops.square(targets - outputs)

        class Squares(keras.losses.Loss):
            def call(self, y_true, y_pred):
                return squares(y_true, y_pred)

        estimator = mlp(loss=Squares() if as_object else squares, batch_size=batch_size)
        with pytest.raises(ValueError, match=r"several numbers for each image.*axis=-1"):
            estimator.fit(X, Y)
        assert_left_unfitted(estimator)


class TestPredict:
    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (ROWS[:, :20], "X has 20 features, .* 36 features as input: images of 6 x 6 pixels"),
            (X[:, :5], "X has images of 5 x 6 pixels, but .* was fitted on 6 x 6 pixels"),
            (X.reshape(-1, 9, 4), "X has images of 9 x 4 pixels.* fitted on 6 x 6 pixels"),
            (X.reshape(-1, 3, 4, 3), "3 x 4 pixels with 3 channels, .* with 1 channel"),
            (X[0], "that of one image"),
            (ROWS[0], "Expected 2D array"),
            (X[:0], "0 sample"),
            (with_value(np.nan), "X contains NaN"),
            (scipy.sparse.csr_matrix(ROWS), "(?i)sparse"),
            (np.full((3, 36), "x"), "convert string"),
            (X[..., None, None], "5 dimensions"),
        ],
        ids=["columns", "smaller", "reshaped", "channels", "one image", "one row", "none", "nan",
             "sparse", "text", "5-D"],
    )  # fmt: skip
    @pytest.mark.parametrize("method", ["predict", "predict_proba"])
    def test_bad_images(self, fitted, method, images, message):
        with pytest.raises((ValueError, TypeError), match=message):
            getattr(fitted, method)(images)

    @pytest.mark.parametrize("make", BOTH)
    @pytest.mark.parametrize("method", ["predict", "predict_proba"])
    def test_unfitted_use(self, make, method):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(make(), method)(X)

    @pytest.mark.parametrize("name", ["model_", "n_parameters_", "classes_", "history_"])
    def test_unfitted_attributes(self, name):
        assert not hasattr(mlp(), name)
        with pytest.raises(AttributeError):
            getattr(mlp(), name)


@pytest.mark.parametrize("shape", slow_but([(6, 6), (6, 6, 1), (4, 5, 3)], (6, 6), (6, 6, 1)))
def test_a_single_image_is_refused_by_its_shape(shape):
    images, labels = tiny(shape=shape)
    estimator = mlp(epochs=1).fit(images, labels)
    for predict in (estimator.predict, estimator.predict_proba):
        with pytest.raises(ValueError, match=r"that of one image.*X\[np.newaxis\]"):
            predict(images[0])
    assert estimator.predict(images[:1]).shape == (1,)


def public_state(estimator):
    return {k: v for k, v in vars(estimator).items() if k.endswith("_")}


@pytest.mark.parametrize("make", MLP_AND_SLOWLY_CNN)
@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("bad", ["nan", "one class", "continuous", "fewer labels", "5-D", "1-D"])
def test_bad_data_leaves_a_fitted_estimator_as_it_was(make, warm_start, bad):
    images, labels, _ = BAD_DATA[bad]
    estimator = make(warm_start=warm_start).fit(X, Y)
    before, state = estimator.predict_proba(X), public_state(estimator)
    for fit in (estimator.fit, estimator.partial_fit):
        if bad == "one class" and (warm_start or fit == estimator.partial_fit):
            continue  # fine: the classes are known already
        with pytest.raises(ValueError, match=r"."):
            fit(images, labels)
        np.testing.assert_array_equal(estimator.predict_proba(X), before)
        assert public_state(estimator) == state
    twin = make(warm_start=warm_start).fit(X, Y)
    np.testing.assert_array_equal(
        estimator.partial_fit(X, Y).predict_proba(X), twin.partial_fit(X, Y).predict_proba(X)
    )


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", 0), ("activation", "nope"), ("loss", "nope"), ("hidden_layer_sizes", (0,)),
     ("callbacks", [3]), ("class_weight", {0: 1, 77: 2})],
)  # fmt: skip
def test_a_bad_parameter_leaves_a_fitted_estimator_as_it_was(name, value, warm_start):
    estimator = mlp(warm_start=warm_start).fit(X, Y)
    before, state = estimator.predict_proba(X), public_state(estimator)
    estimator.set_params(**{name: value})
    with pytest.raises((ValueError, TypeError), match=name):
        estimator.fit(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), before)
    assert public_state(estimator) == state


@pytest.mark.parametrize("refit", ["fit", "warm start", "partial_fit"])
def test_an_error_in_the_midst_of_training_leaves_a_fitted_estimator_as_it_was(refit):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise OSError("disk full")

    estimator = mlp(warm_start=refit == "warm start").fit(X, Y)
    before, state = estimator.predict_proba(X), public_state(estimator)
    estimator.set_params(callbacks=[Fails()])
    with pytest.raises(OSError, match="disk full"):
        (estimator.partial_fit if refit == "partial_fit" else estimator.fit)(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), before)
    assert public_state(estimator) == state


class TestPartialFit:
    def test_labels_not_among_the_classes(self):
        with pytest.raises(ValueError, match=r"not among the classes: \[2\]"):
            mlp().partial_fit(X, Y, classes=[0, 1])
        estimator = mlp().partial_fit(X, Y)
        before = estimator.predict_proba(X)
        with pytest.raises(ValueError, match=r"not among the classes: \[7\]"):
            estimator.partial_fit(X, np.where(Y == 2, 7, Y))
        np.testing.assert_array_equal(estimator.predict_proba(X), before)

    def test_other_classes_in_a_later_call(self):
        estimator = mlp().partial_fit(X, Y)
        with pytest.raises(ValueError, match="classes"):
            estimator.partial_fit(X, Y, classes=[0, 1, 2, 3])

    @pytest.mark.parametrize(
        ("classes", "message"),
        [
            ({0, 1, 2}, "classes should be a 1d array of labels, got {0, 1, 2}"),
            (
                dict.fromkeys(range(3)).keys(),
                "classes should be a 1d array of labels, got dict_key",
            ),
            (
                np.arange(3).astype(object),
                r"classes is an array of objects .*classes\)\.astype\(int",
            ),
            (["a", "b", np.nan], "Input classes contains NaN or None, for 1 of 3"),
        ],
        ids=["set", "keys", "objects", "nan"],
    )
    def test_classes_that_are_no_labels(self, classes, message):
        estimator = mlp(callbacks=[CountedEpochs()])
        with pytest.raises(ValueError, match=message):
            estimator.partial_fit(X, Y, classes=classes)
        assert_left_unfitted(estimator)

    def test_first_call_with_one_class(self):
        with pytest.raises(ValueError, match="one class"):
            mlp().partial_fit(X, np.zeros(len(Y)))
        with pytest.raises(ValueError, match="classes"):
            mlp().partial_fit(X, np.zeros(len(Y)), classes=[0])

    def test_images_of_another_shape_in_a_later_call(self):
        estimator = mlp().partial_fit(X, Y)
        with pytest.raises(ValueError, match=r"9 x 4 pixels.*6 x 6 pixels"):
            estimator.partial_fit(X.reshape(-1, 9, 4), Y)
        with pytest.raises(ValueError, match="35 features"):
            estimator.partial_fit(ROWS[:, :35], Y)

    def test_warm_start_with_images_of_another_shape(self):
        estimator = mlp(warm_start=True).fit(X, Y)
        with pytest.raises(ValueError, match=r"9 x 4 pixels.*6 x 6 pixels"):
            estimator.fit(X.reshape(-1, 9, 4), Y)
