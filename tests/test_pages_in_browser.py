"""All kinds of pages in a real browser: they fit each screen, and everybody can read them."""

import importlib.resources
import importlib.util

import numpy as np
import pytest
from page import X as TINY
from page import Y as TINY_LABELS
from page import show
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from support import mlp, slow_but
from test_report import WithHistory, on_images
from test_report_study import PUBLISHED, a_search, a_study, a_sweep, an_experiment

from skdigits import export
from skdigits.datasets import load_digits
from skdigits.model_selection import compare, evaluate
from skdigits.report import describe_run, write_index, write_report, write_study, write_tuning
from skdigits.tuning import TrialResult, TuningResult

# Media and widths: screens, and a sheet of A4 between its margins.
QUICK, MORE = [("", 360), ("", 1280), ("print", 718)], [("", 768), ("", 1024), ("", 1440)]
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal"]
RUN = describe_run(
    "skdigits compare --data digits --models cnn,mlp --seed 0 --out results", seconds=9
)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    rows = np.flatnonzero(y < len(CLASSES))[:240]
    return X[rows], y[rows]


def comparison_page(digits, folder):
    """Return the page of a comparison with spreads and long names."""
    models = {
        "Gaussian naive Bayes": on_images(WithHistory(var_smoothing=1e-2)),
        "a second Gaussian naive Bayes": on_images(WithHistory(var_smoothing=2e-2)),
        "ridge": on_images(RidgeClassifier()),
    }
    comparison = compare(models, *digits, cv=3, random_state=0)
    options = {"title": "Six garments", "class_names": CLASSES, "run": RUN}
    return write_report(comparison, *digits, folder, **options)


def study_page(folder):
    X, y = load_digits(return_X_y=True)
    order = np.argsort(y, kind="stable")
    rows = np.concatenate([order[y[order] == label][:4] for label in range(10)])
    names = [f"digit {label}" for label in range(10)]
    spread = [(0.973, 0.975, 0.977), (0.945, 0.95, 0.955), (0.941, 0.95, 0.957)]
    parts = an_experiment(y[rows], spread), a_sweep(), a_search()
    return write_study(
        a_study(parts, published=[PUBLISHED]), {"digits": (X[rows], y[rows], names)}, folder
    )


def tuning_page(digits, folder):
    """Return the page of a search over ten parameters."""
    space = {
        "hidden_layer_sizes": ["(512, 256)", "(1024, 512)"],
        "dropout": {"distribution": "uniform", "low": 0.0, "high": 0.5},
        "learning_rate": {"distribution": "loguniform", "low": 1e-4, "high": 1e-2},
    }
    space |= {name: ["True", "False"] for name in ("early_stopping", "batch_norm", "augmentation")}
    space |= {f"of_the_network__units_{n}": ["64", "128"] for n in range(4)}
    trials = [
        TrialResult(
            number=number,
            state="pruned" if number > 8 else "complete",
            params={
                "hidden_layer_sizes": [(512, 256), (1024, 512)][number % 2],
                "dropout": 0.04 * number,
                "learning_rate": 0.0012345,
                **dict.fromkeys(("early_stopping", "batch_norm", "augmentation"), True),
                **{f"of_the_network__units_{n}": 128 for n in range(4)},
            },
            accuracy=0.99 - 0.01 * number,
            other_accuracies=[0.98] if number < 5 else [],
            other_losses=[0.123] if number < 5 else [],
            loss=0.1,
            curve=[0.9],
            seconds=40.0,
            finished=f"2026-01-01T00:00:{number + 10}",
            error=None,
        )
        for number in range(12)
    ]
    importances = {"dropout": 0.9, "learning_rate": 0.1}
    best = on_images(GaussianNB()).fit(*digits)
    result = TuningResult("MLPClassifier()", space, trials, 0, importances, 160, 40, 2, 0, best)
    comparison = evaluate({"best": best}, *digits)
    return write_tuning(result, comparison, *digits, folder, title="Six garments", run=RUN)


def page_that_classifies(folder):
    labels = np.array(["Ankle boot", "T-shirt/top", "Pullover"])[TINY_LABELS]
    return export(mlp(epochs=1).fit(TINY, labels), folder / "page.html")


@pytest.fixture(scope="module")
def pages(digits, tmp_path_factory):
    """Return a page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        "comparison": comparison_page(digits, folder / "comparison"),
        "study": study_page(folder / "studies" / "cnn-vs-mlp"),
        "index": write_index(folder / "studies"),
        "search": tuning_page(digits, folder / "search"),
        "classifies": page_that_classifies(folder),
    }


def use(browser, scheme="light", media=""):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", media=media, features=features)


@pytest.fixture
def screen(browser):
    """Return the browser; afterwards it shows pages as before."""
    yield browser
    browser.call("Emulation.setEmulatedMedia", media="", features=[])


OPEN = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
# What leaves the screen or its parent. What is in a box that scrolls does neither; paper has none.
LEAVES = r"""(() => {
  const width = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > width) found.push('the page scrolls');
  for (const part of document.querySelectorAll('header *, main *, footer *')) {
    const scrolls = !matchMedia('print').matches && part.closest('.scroll');
    const box = part.getBoundingClientRect();
    if (part.closest('svg *, thead, .unseen') || !box.width) continue;
    if (scrolls && scrolls !== part) continue;
    const parent = part.parentElement.getBoundingClientRect();
    const isInside = getComputedStyle(part).display === 'inline' || box.right <= parent.right + 1;
    const isSeen = -1 < box.left && box.right < width + 1;
    if (!isSeen || !isInside) found.push(part.outerHTML.slice(0, 80));
  }
  return found;
})()"""


@pytest.mark.parametrize(
    ("medium", "width"),
    [*QUICK, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)],
)
def test_nothing_leaves_the_screen_or_the_paper(screen, pages, medium, width):
    for kind, page in pages.items():
        use(screen, media=medium)
        show(screen, page, width=width, mobile=width < 700)
        screen.run(OPEN)
        assert screen.run(LEAVES) == [], (kind, medium, width)


# Texts of drawings that run into each other.
COLLISIONS = r"""[...document.querySelectorAll('svg')].flatMap((svg) => {
  const texts = [...svg.querySelectorAll('text')];
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const overlap = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;
  return texts.flatMap((text, i) => boxes.slice(0, i).flatMap((box, j) =>
    (overlap(box, boxes[i]) ? [`${texts[j].textContent} | ${text.textContent}`] : [])));
})"""


def test_texts_of_drawings_stay_apart(screen, pages):
    use(screen)
    for kind, page in pages.items():
        show(screen, page, width=1024)
        screen.run(OPEN)
        assert screen.run(COLLISIONS) == [], kind


# The pixels of the smallest letters of each drawing on the screen.
LETTERS = r"""[...document.querySelectorAll('figure svg')].map((svg) =>
  Math.min(...[...svg.querySelectorAll('text')].map((text) =>
    parseFloat(getComputedStyle(text).fontSize))) *
  svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"""


def test_letters_of_drawings_can_be_read_on_a_phone(screen, pages):
    use(screen)
    for kind in ("comparison", "study", "search"):
        show(screen, pages[kind], width=360, mobile=True)
        screen.run(OPEN)
        assert min(screen.run(LETTERS)) > 10.9, kind


def test_a_headline_has_three_lines_at_most(screen, pages):
    use(screen)
    for kind, page in pages.items():
        show(screen, page, width=1024)
        height, line = screen.run(
            "(({ clientHeight }, style) => [clientHeight, parseFloat(style.lineHeight)])"
            "(document.querySelector('h1'), getComputedStyle(document.querySelector('h1')))"
        )
        assert height < 3.5 * line, kind


def test_two_models_are_beside_each_other_on_a_phone(screen, pages):
    use(screen)
    show(screen, pages["comparison"], width=360, mobile=True)
    rows = screen.run(
        "[...document.querySelectorAll('.models tbody tr')].map((row) => [...row.children].map("
        "(cell) => cell.getBoundingClientRect()).map(({ top, left, right }) => [top, left, right]))"
    )
    first, second, _ = np.array(rows).transpose(0, 2, 1)
    assert np.array_equal(first[0], second[0])  # the same height for each measure
    assert first[2].max() <= second[1].min() + 0.5
    assert second[2].max() <= 360


# For each count in a confusion matrix: its contrast with the cell, and the cell's luminance and
# opacity.
CONTRASTS = r"""(() => {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) =>
    0.2126 * light(red / 255) + 0.7152 * light(green / 255) + 0.0722 * light(blue / 255);
  const paper = numbers(getComputedStyle(document.body).backgroundColor);
  const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  const contains = ({ left, right, top, bottom }, [x, y]) =>
    left < x && x < right && top < y && y < bottom;
  const found = [];
  for (const svg of document.querySelectorAll('svg[aria-label^="Confusion matrix"]')) {
    const cells = [...svg.querySelectorAll('[style*="--cell"]')];
    for (const text of svg.querySelectorAll('text')) {
      const place = middle(text.getBoundingClientRect());
      const cell = cells.find((each) => contains(each.getBoundingClientRect(), place));
      if (!cell) continue;  // a label of an axis
      const { fill, fillOpacity } = getComputedStyle(cell);
      const mixed = numbers(fill).map((x, i) => fillOpacity * x + (1 - fillOpacity) * paper[i]);
      const both = [mixed, numbers(getComputedStyle(text).fill)].map(luminance);
      const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
      found.push([contrast, both[0], Number(fillOpacity)]);
    }
  }
  return found;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_confusion_matrices_follow_the_scheme(screen, pages, scheme):
    use(screen, scheme)
    show(screen, pages["comparison"])
    contrast, luminance, opacity = np.array(screen.run(CONTRASTS)).T
    assert len(contrast) > 3 * len(CLASSES)
    assert contrast.min() >= 4.5
    order = np.argsort(opacity)
    assert np.all(np.diff(luminance[order]) * (-1 if scheme == "light" else 1) >= -1e-6)
    assert screen.run("document.querySelectorAll('svg image').length") == 0


AXE = """axe.run({ exclude: ['svg text'] }, { resultTypes: ['violations'] }).then((result) =>
  result.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(
    ({ id, nodes }) => [id, nodes[0].html.slice(0, 100)]))"""


@pytest.mark.parametrize("scheme", slow_but(["light", "dark"], "light"))
def test_axe_finds_nothing_serious(screen, pages, scheme):
    """axe-core finds what people with a screen reader or weak eyes cannot use.

    It cannot tell the ground of a text in a drawing; the test of the confusion matrices does.
    """
    if importlib.util.find_spec("axe_core_python") is None:
        pytest.skip("axe-core-python is not installed: pip install axe-core-python")
    axe = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
    use(screen, scheme)
    for kind, page in pages.items():
        if scheme == "dark" and kind not in ("comparison", "classifies"):
            continue
        show(screen, page, width=360, mobile=True)
        screen.run(OPEN)
        screen.run(f"{axe}; 0")
        # The shade of tables would keep it from knowing the ground of their texts.
        screen.run(
            "document.head.append(Object.assign(document.createElement('style'), "
            "{ textContent: '.scroll { background: none !important; }' }))"
        )
        assert screen.run(AXE) == [], (kind, scheme)
