"""
Find good settings with RandomizedSearchCV
==========================================

You learn that every argument of `MLPClassifier` is a parameter that scikit-learn's searches can
sample: layers, rates, epochs, batch sizes. With an integer `cv` the folds are stratified, since
scikit-learn recognises skdigits' estimators as classifiers.

Fits of the same architecture share one compiled model. So a search does not compile a model for
each candidate and fold, and its memory does not grow with them. For networks as small as these
this is faster than `n_jobs=2`, since each worker process first has to import TensorFlow.

In a clone::

    python examples/02_randomized_search.py
"""

import matplotlib.pyplot as plt
from scipy.stats import loguniform
from sklearn.model_selection import RandomizedSearchCV

from skdigits import MLPClassifier
from skdigits.datasets import load_digits

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)

search = RandomizedSearchCV(
    MLPClassifier(random_state=0),
    {
        "hidden_layer_sizes": [(64,), (128, 64)],
        "learning_rate": loguniform(1e-4, 1e-2),
        "epochs": [4, 8],
        "batch_size": [32, 64],
    },
    n_iter=6,
    cv=3,
    random_state=0,
)
search.fit(X_train, y_train)

results = search.cv_results_
for rank, score, spread, parameters in sorted(
    zip(
        results["rank_test_score"],
        results["mean_test_score"],
        results["std_test_score"],
        results["params"],
        strict=True,
    ),
    key=lambda row: row[0],
):
    settings = ", ".join(
        f"{name}={value:.2g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in sorted(parameters.items())
    )
    print(f"{rank}. accuracy {score:.3f} ± {spread:.3f}  {settings}")
print(f"the best one on the test images: accuracy {search.score(X_test, y_test):.3f}")

rates = results["param_learning_rate"].astype(float)
plt.errorbar(rates, results["mean_test_score"], results["std_test_score"], fmt="o", capsize=3)
plt.xlabel("Learning rate")
plt.ylabel("Mean accuracy over the folds")
plt.show()
