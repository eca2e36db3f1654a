"""
Write a page to draw on, which classifies in the browser
========================================================

You learn that `skdigits.export` writes one file that needs no server: open it by a double click, or
send it to somebody. Train with `augmentation="affine"` for digits that people draw.

In a clone::

    pip install ".[cli]"
    python examples/13_page_that_classifies.py [PAGE]

Without a name, the page is digits.html.
"""

import sys
from pathlib import Path

import skdigits
from skdigits.datasets import load_digits

page = Path(sys.argv[1] if len(sys.argv) > 1 else "digits.html")

X_train, y_train = load_digits(subset="train", return_X_y=True)
X_test, y_test = load_digits(subset="test", return_X_y=True)
classifier = skdigits.CNNClassifier(augmentation="affine", random_state=0).fit(X_train, y_train)

skdigits.export(classifier, page, images=X_test, title="Draw a digit")
print(f"{page} has {page.stat().st_size / 1e3:.0f} kB; open it in a browser")
print(f"the classifier has an accuracy of {classifier.score(X_test, y_test):.3f}")
