"""The data sets by the names that commands and studies use."""

DATA = {
    "digits": "scikit-learn's digits",
    "mnist": "MNIST",
    "fashion": "Fashion-MNIST",
    "binary": "MNIST's 0 and 1",
}


def load_data(name, subset):
    """Return a part of a data set: images of shape (n, 28, 28), labels, names of the classes."""
    from skdigits import datasets

    loaders = {
        "digits": datasets.load_digits,
        "mnist": datasets.fetch_mnist,
        "fashion": datasets.fetch_fashion_mnist,
        "binary": datasets.fetch_mnist,
    }
    classes = (0, 1) if name == "binary" else None
    bunch = loaders[name](subset=subset, classes=classes)
    return bunch.data, bunch.target, [str(n) for n in bunch.target_names[: classes and 2]]
