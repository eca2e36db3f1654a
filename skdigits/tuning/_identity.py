"""What a search is about. A folder belongs to one search."""

import json
from pathlib import Path

import skdigits
from skdigits._arrays import digest_of
from skdigits._files import to_json, write_text
from skdigits.model_selection._search_space import describe_space, text_of

FILE = "search.json"
IMAGES = "images"


def check_search(folder, estimator, space, *, random_state=0):
    """Check that a folder holds no other search, before data are loaded.

    Parameters
    ----------
    folder : path-like
        The folder for `tune`. It need not exist.

    estimator : MLPClassifier, CNNClassifier or NetworkClassifier
        The classifier whose parameters are searched.

    space : dict of str to (list or scipy distribution)
        What to search.

    random_state : int, default=0
        The seed.

    Raises
    ------
    ValueError
        If the folder holds a search of another estimator, space or seed, or of another version of
        skdigits. `tune` also compares the images.

    See Also
    --------
    tune : Search the parameters of a classifier.

    Examples
    --------
    >>> from skdigits import MLPClassifier
    >>> from skdigits.tuning import check_search
    >>> check_search("there/is/none", MLPClassifier(), {"dropout": [0.0, 0.5]})
    """
    _compare(Path(folder), _identity(estimator, space, random_state))


def keep_identity(folder, estimator, space, random_state, X, y):
    """Write what a search is about, or check it if it is written already."""
    identity = {**_identity(estimator, space, random_state), IMAGES: digest_of(X, y)}
    if (folder / FILE).exists():
        _compare(folder, identity)
    else:
        write_text(folder / FILE, to_json(identity))


def _identity(estimator, space, random_state):
    """Return what tells a search from others, apart from its images, as texts by name."""
    parameters = estimator.get_params(deep=False)
    return {
        "version of skdigits": skdigits.__version__,
        "model": type(estimator).__name__,
        "random_state": str(random_state),
        **{f"parameter {name}": text_of(value) for name, value in parameters.items()},
        **{f"space of {name}": str(values) for name, values in describe_space(space).items()},
    }


def _compare(folder, identity):
    """Raise ValueError if a folder holds another search, as far as the given part tells."""
    try:
        stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return
    except ValueError:
        raise ValueError(f"{folder / FILE} is damaged; search in another folder") from None
    for name, value in identity.items():
        known = stored.get(name, "missing")
        if known != value:
            difference = f"its {name} is {known}, not {value}"
            if name == IMAGES:  # the digests tell a reader nothing
                difference = "its images or labels are others"
            raise ValueError(
                f"{folder} holds another search: {difference}. Search in another folder."
            )
