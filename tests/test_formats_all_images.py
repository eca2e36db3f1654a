"""Files of other runtimes agree with the classifiers on all test images of both large sets."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from sklearn.pipeline import make_pipeline

import skdigits
from skdigits._onnx_model import OnnxModel
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist
from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import ImageReshaper, PixelScaler

MODELS = {
    "mlp": lambda: skdigits.MLPClassifier(epochs=3, random_state=0),
    "cnn": lambda: skdigits.CNNClassifier(epochs=3, random_state=0),
    "views": lambda: skdigits.CNNClassifier(
        filters=(8, 16), epochs=1, augmentation="shift", test_time_averaging=True, random_state=0
    ),
    "average of pipelines": lambda: AveragingClassifier(
        make_pipeline(ImageReshaper((28, 28)), PixelScaler(), skdigits.CNNClassifier(epochs=1)),
        n_estimators=2,
        random_state=0,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fetch", [fetch_mnist, fetch_fashion_mnist])
@pytest.mark.parametrize("name", MODELS)
def test_all_test_images_agree(name, fetch, data_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("SKDIGITS_DATA", str(data_folder))
    X, y = fetch(return_X_y=True)
    X_test = fetch(subset="test", return_X_y=True)[0]
    model = MODELS[name]().fit(X[:6000], y[:6000])
    wanted = model.predict_proba(X_test)
    onnx = OnnxModel(skdigits.export(model, tmp_path / "model.onnx", images=X[:100]))
    np.testing.assert_allclose(onnx.predict_proba(X_test), wanted, atol=1e-5)
    labels = np.array(onnx.predict(X_test))
    litert = skdigits.export(model, tmp_path / "model.tflite", images=X[:100])
    predict = Interpreter(model_path=str(litert)).get_signature_runner()
    parts = [predict(X=X_test[at : at + 1000])["probabilities"] for at in range(0, 10_000, 1000)]
    np.testing.assert_allclose(np.concatenate(parts), wanted, atol=1e-5)
    assert len(labels) == 10_000
    np.testing.assert_array_equal(labels, model.predict(X_test))
