"""Take the README's picture, of a drawing on the page: ``python docs/make_picture.py``.

It needs Chromium, and MNIST.
"""

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import skdigits
from skdigits.datasets import fetch_mnist

PICTURE = Path(__file__).with_name("page.png")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
WIDTH = 880


def main():
    """Train, export, draw a 3, and write what the browser shows."""
    from browser import Browser
    from page import answer, draw, show

    X, y = fetch_mnist(return_X_y=True)
    classifier = skdigits.CNNClassifier(augmentation="affine", epochs=4, random_state=0)
    classifier.fit(X[:20_000], y[:20_000])
    with TemporaryDirectory() as folder:
        file = skdigits.export(classifier, Path(folder, "digits.html"), title="Draw a digit")
        with Browser(Path(folder, "profile")) as browser:
            show(browser, file, width=WIDTH, height=2000)
            draw(browser, three())
            print(answer(browser))
            top, bottom = browser.run(
                "[document.querySelector('h2').getBoundingClientRect().top,"
                " element('canvas').getBoundingClientRect().bottom]"
            )
            part = {"x": 0, "y": top - 12, "width": WIDTH, "height": bottom - top + 24, "scale": 1}
            shot = browser.call("Page.captureScreenshot", format="png", clip=part)
    PICTURE.write_bytes(base64.b64decode(shot["data"]))


def three():
    """Return the points of a 3."""
    arcs = [(0.35, 0.15, -0.8, 0.5), (0.65, 0.17, -0.5, 0.8)]  # centre, radius, from, to; of pi
    angles = [(y, r, np.pi * np.linspace(start, end, 30)) for y, r, start, end in arcs]
    return [
        (0.48 + r * np.cos(angle), y + r * np.sin(angle)) for y, r, turn in angles for angle in turn
    ]


if __name__ == "__main__":
    main()
