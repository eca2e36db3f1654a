"""How a result was made: command, versions, machine, date."""

import platform
from datetime import UTC, datetime

import joblib

from skdigits._versions import installed_versions


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
    return {
        "command": command,
        "seconds": seconds,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": joblib.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": installed_versions(),
    }
