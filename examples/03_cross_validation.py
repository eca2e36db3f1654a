"""
Cross-validate on MNIST, Fashion-MNIST and the binary task
==========================================================

You learn to use the fetched data sets and `cross_val_score`. Fashion-MNIST has the form of MNIST
and is harder. It is easy to tell MNIST's 0 from its 1. The script uses the first 1,000 images of
each set and few epochs, so that it takes seconds. Remove the slices to use the whole sets.

The first call downloads the sets, 11 and 30 MB, to scikit-learn's data home. To use files that
you have already, set the environment variable SKDIGITS_DATA to a folder that holds them in `mnist/`
and `fashion/`.

In a clone::

    python examples/03_cross_validation.py
"""

import matplotlib.pyplot as plt
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skdigits import MLPClassifier
from skdigits.datasets import fetch_fashion_mnist, fetch_mnist

N_IMAGES = 1000

tasks = {
    "MNIST": fetch_mnist(return_X_y=True),
    "Fashion-MNIST": fetch_fashion_mnist(return_X_y=True),
    "MNIST's 0 and 1": fetch_mnist(classes=(0, 1), return_X_y=True),
}
folds = StratifiedKFold(n_splits=3, shuffle=True, random_state=0)
for name, (X, y) in tasks.items():
    classifier = MLPClassifier(epochs=6, random_state=0)
    scores = cross_val_score(classifier, X[:N_IMAGES], y[:N_IMAGES], cv=folds)
    print(f"{name:16} accuracy {scores.mean():.3f} ± {scores.std():.3f} over {len(scores)} folds")
    plt.bar(name, scores.mean(), yerr=scores.std(), capsize=6)

plt.ylabel("Mean accuracy over the folds")
plt.show()

# sphinx_gallery_thumbnail_path = 'docs/static/cross_validation.png'
