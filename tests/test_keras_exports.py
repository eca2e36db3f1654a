"""What users take out converts with Keras's own exports, whatever arithmetic trained it."""

from functools import cache

import numpy as np
import pytest
from support import cnn, mlp, slow_but, tiny

X, Y = tiny()
PIXELS = X[..., np.newaxis].astype(np.float32)


# A CNN has all that an MLP has.
MLP_IS_SLOW = slow_but(["mlp", "cnn"], "cnn")


@pytest.fixture(scope="module", params=slow_but(["float32", "bfloat16"], "bfloat16"))
def fitted(request):
    """Return what fits one of the two, when it is first asked for."""

    @cache
    def fit(which):
        make = {"mlp": mlp, "cnn": cnn}[which]
        return make(precision=request.param, batch_norm=True, epochs=3).fit(X, Y)

    return fit


@pytest.mark.parametrize("which", MLP_IS_SLOW)
def test_onnx(fitted, which, tmp_path):
    import onnxruntime

    estimator, path = fitted(which), tmp_path / "model.onnx"
    estimator.model_.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    (outputs,) = session.run(None, {session.get_inputs()[0].name: PIXELS})
    np.testing.assert_allclose(outputs, estimator.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("which", MLP_IS_SLOW)
@pytest.mark.filterwarnings("ignore::UserWarning")  # TensorFlow's own interpreter is to go
def test_litert(fitted, which):
    import tensorflow as tf

    estimator = fitted(which)
    content = tf.lite.TFLiteConverter.from_keras_model(estimator.model_).convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, PIXELS.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, PIXELS)
    interpreter.invoke()
    outputs = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(outputs, estimator.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("which", MLP_IS_SLOW)
def test_keras_own_file(fitted, which, tmp_path):
    import keras

    estimator = fitted(which)
    estimator.model_.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        model.predict(PIXELS, verbose=0), estimator.predict_proba(X), atol=1e-5
    )
    loss, *_ = np.atleast_1d(estimator.model_.evaluate(PIXELS, Y, verbose=0))
    assert np.isfinite(loss)
