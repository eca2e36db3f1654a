"""Save a model to a file that holds no code."""

import io
from pathlib import Path
from zipfile import ZipFile

import skops.io

from skdigits._files import write_bytes
from skdigits._warnings import warn
from skdigits.persistence._archive import pack
from skdigits.persistence._refuse_code import refuse_code
from skdigits.persistence._schema import numbered
from skdigits.persistence._trusted_types import untrusted_types
from skdigits.persistence._without_circles import without_circles


def save(model, path):
    """Save a model to one file that holds no code.

    The file has all that `fit` has learned, so that a loaded model predicts the same probabilities
    and trains on in the same way, bit for bit. Loading it runs no code from the file, unlike
    loading a pickle. The format is that of skops, with a list of all parts and their checksums:
    `skops.io.load` reads it, too.

    Parameters
    ----------
    model : estimator
        A classifier or a transformer of this package, or a pipeline or another estimator of
        scikit-learn around it, such as ``CalibratedClassifierCV``, ``VotingClassifier``,
        ``StackingClassifier`` or a search.

    path : str or path-like
        The file to write. Any suffix will do; ``.skd`` is the usual one. The file is written
        completely or not at all, and replaces an older one.

    Returns
    -------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If the model holds a function, or if a network holds an object of the user's. The message
        names the parameter. Objects of Keras without weights can be saved, such as optimizers,
        losses and initializers; callbacks cannot.
    OSError
        If the file cannot be written.

    Warns
    -----
    UserWarning
        If `load` will need `trusted`. The message names the types.

    See Also
    --------
    load : Load the file.
    skdigits.export : Write the model in a format that other programs read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import skdigits
    >>> from skdigits.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = skdigits.MLPClassifier(epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = skdigits.save(classifier, Path(folder) / "digits.skd")
    ...     loaded = skdigits.load(path)
    >>> bool((loaded.predict_proba(X) == classifier.predict_proba(X)).all())
    True
    """
    if not hasattr(model, "get_params") or isinstance(model, type):
        raise ValueError(
            f"save takes an estimator of scikit-learn, and then a path. Got {model!r} first."
        )
    path = Path(path)
    refuse_code(model)
    try:
        content = skops.io.dumps(without_circles(model))
    except Exception as error:  # skops raises errors of many kinds for what it does not know
        raise ValueError(f"{type(model).__name__} cannot be saved: {error}") from error
    with ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = pack(numbered(members), _versions())
    write_bytes(path, content)
    if others := untrusted_types(content):
        warn(
            f"{path} holds types that load does not trust by itself: {', '.join(others)}. To load "
            "it, pass their names as trusted=[...]."
        )
    return path


def _versions():
    from skdigits.training import versions

    return versions()
