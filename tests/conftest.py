"""What the whole test suite shares: where the data sets are, what the processor is to answer."""

import gc
import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
BESIDE_CHECKOUT = HERE.parents[1] / "shared" / "data"

collect_ignore = ["processor"]  # no tests

if "SKDIGITS_TEST_BFLOAT16" in os.environ:  # "yes" or "no": what the processor is to answer
    folder = str(HERE / "processor")
    runpy.run_path(f"{folder}/sitecustomize.py")
    sys.path.insert(0, folder)  # support.run_python hands it on
    others = filter(None, [os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, *others])


# Building a network takes longer than most tests: they share more of them than users' programs do.
os.environ.setdefault("SKDIGITS_POOL_SIZE", "40")

# Files that share what takes seconds to begin: workers of joblib, and a browser.
TOGETHER = (
    ("test_ensemble", "test_pickles", "test_reproducible"),
    ("test_page_drawings", "test_page_pictures", "test_page_predictions", "test_page_reading"),
)
# Files that take long, the longest first.
LONG = ("user_guide", "test_reproducible", "test_ensemble")

gc.disable()  # until all modules are imported


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each file to one process, since its tests share fixtures and networks."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return next((names for names in TOGETHER if Path(file).stem in names), file)

    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_collection_modifyitems(items):
    """Let the long files come first, so that no process waits for another one at the end."""
    order = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def pytest_collection_finish():
    """Save time that no test is about.

    No garbage collection visits the modules imported so far; with TensorFlow's it is slow. And
    numpy has one thread: others wait for work by asking for it all the time, and take the
    processor from the tests that run beside.
    """
    gc.freeze()
    gc.enable()
    threadpool_limits(1)


@pytest.fixture
def builds(monkeypatch):
    """Return a list that grows by one with each network that is built."""
    import keras

    built, compile_model = [], keras.Model.compile

    def count(model, *args, **kwargs):
        built.append(model.name)
        return compile_model(model, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "compile", count)
    return built


@pytest.fixture(scope="session")
def data_folder():
    """Return the folder that holds ``mnist/`` and ``fashion/``, or skip."""
    folder = Path(os.environ.get("SKDIGITS_DATA") or BESIDE_CHECKOUT)
    if not (folder / "mnist").is_dir():
        pytest.skip(
            f"the full data sets are not at {folder}; set SKDIGITS_DATA to a folder with them"
        )
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return a headless browser, or skip."""
    from browser import Browser

    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="session")
def reader():
    """Return a small classifier that reads drawn sevens, on any processor.

    scikit-learn's digits are of 8 x 8 pixels. A network that knows only these reads a drawing
    rightly or wrongly by the last digits of the arithmetic.
    """
    from page import SEVEN, drawn_digit

    from skdigits import CNNClassifier
    from skdigits.datasets import load_digits
    from skdigits.preprocessing import DigitNormalizer

    X, y = (part[:600] for part in load_digits(return_X_y=True))
    fast = SEVEN[::12] + SEVEN[-1:]
    pens = np.linspace(0.015, 0.15, 10)
    sevens = [drawn_digit(points=points, pen=pen) for points in (SEVEN, fast) for pen in pens]
    sevens = np.tile(DigitNormalizer().transform(sevens), (5, 1, 1))
    X, y = np.concatenate([X, sevens]), np.concatenate([y, np.full(len(sevens), 7)])
    small = {"filters": (8, 16), "hidden_layer_sizes": (32,), "epochs": 8, "random_state": 0}
    return CNNClassifier(augmentation="affine", **small).fit(X, y)


@pytest.fixture(scope="session")
def digit_page(reader, tmp_path_factory):
    """Return the path of the reader as a page."""
    import skdigits

    return skdigits.export(reader, tmp_path_factory.mktemp("page") / "digits.html")


@pytest.fixture
def page(browser, digit_page):
    """Return the browser, showing the page of the reader on a large screen."""
    from page import show

    show(browser, digit_page)
    return browser
