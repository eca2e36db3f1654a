"""Write files of `skdigits.save` by this version, for later versions to load.

Run it before each release: ``python tests/release_files.py``. The files of a release never change:
`test_files_of_each_release_load` loads all of them.
"""

from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import make_pipeline
from support import cnn, digits, mlp

import skdigits
from skdigits.ensemble import AveragingClassifier
from skdigits.preprocessing import DigitNormalizer, ImageReshaper, PixelScaler

FOLDER = Path(__file__).parent / "files"
N_IMAGES = 20  # whose probabilities are kept
SHAPE = (14, 14)
TINY = {"hidden_layer_sizes": (4,), "epochs": 1}


def images():
    """Return images for the models, as columns, and their labels."""
    X, y = digits()
    return X[:, ::2, ::2].reshape(len(X), -1), y


def models(X, y):
    """Return fitted models of each kind, by name."""
    network = mlp(**TINY, image_shape=SHAPE)
    small_cnn = cnn(filters=(2,), hidden_layer_sizes=(), pool_size=3, epochs=1, batch_norm=True)
    source = small_cnn.fit(X.reshape(-1, *SHAPE), y)
    unfitted = {
        "mlp": network,
        "cnn-in-a-pipeline": make_pipeline(ImageReshaper(SHAPE), PixelScaler(), clone(small_cnn)),
        "normalized": make_pipeline(ImageReshaper(SHAPE), DigitNormalizer(), mlp(**TINY)),
        "average": AveragingClassifier(network, n_estimators=2, random_state=0),
        "calibrated": CalibratedClassifierCV(network, cv=2),
        "transferred": cnn(transfer_from=source, image_shape=SHAPE, epochs=1),
    }
    return {name: model.fit(X, y) for name, model in unfitted.items()}


def main():
    """Write the files, and the probabilities that they have to give."""
    X, y = images()
    folder = FOLDER / skdigits.__version__
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in models(X, y).items():
        path = skdigits.save(model, folder / f"{name}.skd")
        np.save(path.with_suffix(".npy"), model.predict_proba(X[:N_IMAGES]))
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
