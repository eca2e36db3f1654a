"""How a result was made: command, versions, machine, date."""

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import joblib

PACKAGES = ("scikit-learn", "keras", "tensorflow", "scikeras", "numpy")


def describe_run(command, *, seconds=None):
    """Describe the current run, as plain data.

    Parameters
    ----------
    command : str
        The command that repeats the run.
    seconds : float, default=None
        Duration of the run.

    Returns
    -------
    dict
        ``command``, ``seconds``, ``date`` (UTC, ISO 8601), ``cores`` (available to the process),
        ``system``, ``python`` and ``versions`` by package.

    Examples
    --------
    >>> from skdigits.report import describe_run
    >>> describe_run("skdigits compare --data digits")["command"]
    'skdigits compare --data digits'
    """
    import skdigits

    return {
        "command": command,
        "seconds": seconds,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": joblib.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {"skdigits": skdigits.__version__, **_installed(PACKAGES)},
    }


def _installed(packages):
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
