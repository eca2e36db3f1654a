"""Load a model from a file that holds no code."""

from pathlib import Path

import skops.io

from skdigits._saved_state import warn_of_versions
from skdigits._warnings import without_our_warnings
from skdigits.persistence._archive import unpack
from skdigits.persistence._schema import check
from skdigits.persistence._trusted_types import TRUSTED, untrusted_types


def load(path, *, trusted=()):
    """Load a model that `save` has written.

    The file cannot run code: it names types, and only those that are trusted are made. These are
    the estimators of this package and most of scikit-learn's. Trees, support vector machines,
    nearest neighbours and clusterings are not among them: a file could make their compiled code
    read and write any memory. The checks come first, so that nothing is made of a file that is
    damaged, or that asks for more memory than its size.

    Parameters
    ----------
    path : str or path-like
        The file.

    trusted : sequence of str or type, default=()
        More types that the file may hold, such as those of your own transformers,
        ``"sklearn.tree._tree.Tree"`` or ``sklearn.svm.SVC``. Types can run code while they are
        loaded. So pass only those that you know.

    Returns
    -------
    model : estimator
        It predicts the same as the model that was saved, and trains on in the same way.

    Raises
    ------
    ValueError
        If the file is refused. The message says why.
    OSError
        If the file cannot be read.

    Warns
    -----
    InconsistentVersionWarning
        If another version of skdigits, scikit-learn, Keras or TensorFlow wrote the file.

    See Also
    --------
    save : Write the file.

    Examples
    --------
    >>> import skdigits
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = skdigits.MLPClassifier(epochs=1).fit(X, y)
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = skdigits.save(classifier, pathlib.Path(folder) / "digits.skd")
    ...     loaded = skdigits.load(path)
    >>> bool((loaded.predict(X) == classifier.predict(X)).all())
    True
    """
    names = _names(trusted)
    content = Path(path).read_bytes()
    try:
        members, versions = unpack(content)
        check(members)
        model = _construct(content, names)
    except ValueError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}") from error
    warn_of_versions(versions, type(model).__name__)
    return model


def _construct(content, trusted):
    """Make the model, after a check of all types in the file."""
    try:
        if others := untrusted_types(content, trusted):
            raise ValueError(
                f"it holds types that are not trusted: {', '.join(others)}. If you know them, and "
                "trust the author of the file, pass their names as trusted=[...]."
            )
        with without_our_warnings():  # of the versions of each network
            model = skops.io.loads(content, trusted=[*TRUSTED, *trusted])
    except ValueError:
        raise
    except Exception as error:  # objects raise errors of many kinds for damaged attributes
        raise ValueError(f"it is damaged: {error}") from error
    if not hasattr(model, "get_params"):
        raise ValueError(f"it holds no estimator, but an object of {type(model).__name__}.")
    return model


def _names(trusted):
    """Return the names of types that were given by name or as types."""
    if isinstance(trusted, str | type):
        trusted = [trusted]
    if isinstance(trusted, bool) or not all(isinstance(each, str | type) for each in trusted):
        raise TypeError(f"trusted takes a list of types or of their names; got {trusted!r}.")
    return [e if isinstance(e, str) else f"{e.__module__}.{e.__name__}" for e in trusted]
