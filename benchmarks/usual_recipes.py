"""Ways to learn MNIST and Fashion-MNIST, as people write them: for `benchmarks.side_by_side`.

Each is a function from raw images of shape (n, 28, 28), labels and a seed to a function that
predicts labels. It imports its library when it is first called.
"""

from typing import Any, NamedTuple

import numpy as np

# What the user knows: digits may be turned. Garments may be mirrored, and a part tells what it is.
KNOWN = {"mnist": "affine", "fashion": ("shift", "flip", "erase")}


class Recipe(NamedTuple):
    """A name for the table, the library, and the function."""

    title: str
    library: str
    fit: Any


def skdigits_cnn(effort):
    """Return the function of an effort of `CNNClassifier`; "best" is told what the images are."""

    def fit(X, y, seed, data):
        from skdigits import CNNClassifier

        options = {"augmentation": KNOWN[data]} if effort == "best" else {}
        return CNNClassifier.with_effort(effort, random_state=seed, **options).fit(X, y).predict

    return fit


def skdigits_views(X, y, seed, data):
    """Train the default CNN, which then predicts from five views of an image."""
    from skdigits import CNNClassifier

    return CNNClassifier(test_time_averaging=True, random_state=seed).fit(X, y).predict


def skdigits_mlp(effort):
    """Return the function of an effort of `MLPClassifier`."""

    def fit(X, y, seed, data):
        from skdigits import MLPClassifier

        return MLPClassifier.with_effort(effort, random_state=seed).fit(X, y).predict

    return fit


def keras_example(X, y, seed, data):
    """Train the network of Keras's own example of MNIST, on all images, for its 15 epochs."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=32)
    model.fit(_pixels(X)[..., None], y, batch_size=128, epochs=15, verbose=0)
    return lambda images: model.predict(_pixels(images)[..., None], verbose=0).argmax(1)


def torch_example(X, y, seed, data):
    """Train the network of PyTorch's own example of MNIST, for its 14 epochs."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()]
    dense = [nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]
    network = nn.Sequential(
        *convolutions, nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), *dense
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.7)
    images, labels = torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))
    mean, std = float(_pixels(X).mean()), float(_pixels(X).std())

    def prepare(batch):
        return (batch[:, None] / 255 - mean) / std

    for _ in range(14):
        for rows in torch.randperm(len(images)).split(64):
            loss = nn.functional.cross_entropy(network(prepare(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    network.eval()

    @torch.inference_mode()
    def predict(images):
        parts = torch.from_numpy(images).split(1000)
        return np.concatenate([network(prepare(part)).argmax(1).numpy() for part in parts])

    return predict


def torch_one_cycle(X, y, seed, data):
    """Train our default network by our recipe, in PyTorch."""
    from benchmarks.torch_recipe import fit
    from skdigits._processor import has_bfloat16

    *_, network = fit(X, y.astype(np.int64), bfloat16=has_bfloat16(), seed=seed)
    return network.predict


def support_vectors(X, y, seed, data):
    """Fit scikit-learn's support-vector machine; C=10 is the usual choice for both data sets."""
    from sklearn.svm import SVC

    model = SVC(C=10, cache_size=2000).fit(_rows(X), y)
    return lambda images: model.predict(_rows(images))


def boosted_trees(X, y, seed, data):
    """Fit scikit-learn's boosted trees, with more of them than by default."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=300, random_state=seed).fit(_rows(X), y)
    return lambda images: model.predict(_rows(images))


def sklearn_mlp(X, y, seed, data):
    """Fit scikit-learn's multi-layer perceptron, with the layers of ours and early stopping."""
    from sklearn.neural_network import MLPClassifier

    layers = {"hidden_layer_sizes": (512, 256), "early_stopping": True}
    model = MLPClassifier(**layers, random_state=seed).fit(_rows(X), y)
    return lambda images: model.predict(_rows(images))


def _pixels(images):
    return images.astype(np.float32) / 255


def _rows(images):
    return _pixels(images).reshape(len(images), -1)


RECIPES = {
    "quick": Recipe('CNNClassifier.with_effort("quick")', "skdigits", skdigits_cnn("quick")),
    "default": Recipe("CNNClassifier()", "skdigits", skdigits_cnn("default")),
    "views": Recipe("CNNClassifier(test_time_averaging=True)", "skdigits", skdigits_views),
    "best": Recipe('CNNClassifier.with_effort("best")', "skdigits", skdigits_cnn("best")),
    "mlp-quick": Recipe('MLPClassifier.with_effort("quick")', "skdigits", skdigits_mlp("quick")),
    "mlp": Recipe("MLPClassifier()", "skdigits", skdigits_mlp("default")),
    "keras": Recipe("Keras's example", "Keras", keras_example),
    "torch": Recipe("PyTorch's example", "PyTorch", torch_example),
    "torch-one-cycle": Recipe("our recipe in PyTorch", "PyTorch", torch_one_cycle),
    "svc": Recipe("SVC(C=10)", "scikit-learn", support_vectors),
    "trees": Recipe("HistGradientBoostingClassifier(300)", "scikit-learn", boosted_trees),
    "sklearn-mlp": Recipe("MLPClassifier(512, 256)", "scikit-learn", sklearn_mlp),
}
