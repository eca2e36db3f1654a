"""
Save a trained classifier, and continue its training later
==========================================================

You learn that a fitted classifier is an ordinary Python object: `joblib` and `pickle` write it,
another process reads it, and the copy predicts the same numbers, bit for bit. `partial_fit`
continues the training for one epoch a call, with the optimizer's state.

Load pickles only from people you trust: a pickle can run any code.

In a clone::

    python examples/06_pickle_and_go_on.py
"""

import pickle
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np

from skdigits import MLPClassifier
from skdigits.datasets import load_digits

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)
first, second = np.array_split(np.random.default_rng(0).permutation(len(X_train)), 2)

classifier = MLPClassifier(epochs=3, random_state=0).fit(X_train[first], y_train[first])
accuracies = [classifier.score(X_test, y_test)]
print(f"after the first half: accuracy {accuracies[0]:.3f}")

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.joblib"
    joblib.dump(classifier, path)
    print(f"the file has {path.stat().st_size / 1e6:.1f} MB")
    again = joblib.load(path)

same = np.array_equal(again.predict_proba(X_test), classifier.predict_proba(X_test))
print(f"the copy gives the same probabilities, bit for bit: {same}")

again = pickle.loads(pickle.dumps(again))
for _ in range(3):
    again.partial_fit(X_train[second], y_train[second])
    accuracies.append(again.score(X_test, y_test))
print(f"after three epochs on the second half: accuracy {accuracies[-1]:.3f}")

plt.plot(accuracies, "o-")
plt.xlabel("Epochs on the second half")
plt.xticks(range(4))
plt.ylabel("Accuracy on the test images")
plt.show()
