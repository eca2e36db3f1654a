"""
Average networks that were trained from different seeds
=======================================================

You learn to use `AveragingClassifier`, whose members differ only in their seeds. The script prints
the accuracy on the test images, the log loss and the calibration error of each member and of the
average. The calibration error tells how far the probabilities are from how often the classifier is
right. The log loss of the average is never above the mean of the members' log losses.

In a clone::

    python examples/10_averaged_networks.py
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import log_loss

from skdigits import MLPClassifier
from skdigits.datasets import load_digits
from skdigits.ensemble import AveragingClassifier
from skdigits.metrics import expected_calibration_error

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)

network = MLPClassifier(hidden_layer_sizes=(64,))
average = AveragingClassifier(network, n_estimators=5, random_state=0).fit(X_train, y_train)

classifiers = {f"network {n}": member for n, member in enumerate(average.estimators_, start=1)}
plt.figure(layout="constrained")
for name, classifier in {**classifiers, "average": average}.items():
    probabilities = classifier.predict_proba(X_test)
    loss = log_loss(y_test, probabilities)
    plt.barh(name, loss, color="tab:orange" if name == "average" else "tab:blue")
    print(
        f"{name:9} accuracy {classifier.score(X_test, y_test):.3f}, log loss {loss:.3f}, "
        f"calibration error {expected_calibration_error(y_test, probabilities):.3f}"
    )
agreed = np.ptp([member.predict(X_test) for member in average.estimators_], axis=0) == 0
accuracy = average.score(X_test[agreed], y_test[agreed])
print(f"where all five agree ({agreed.mean():.0%} of the images): accuracy {accuracy:.3f}")

plt.xlabel("Log loss on the test images; less is better")
plt.show()
