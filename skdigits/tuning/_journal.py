"""The journal of a search: Optuna's study in a file that survives kills and full disks."""

import json
import os
from contextlib import contextmanager

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from skdigits.tuning._file_lock import FileLock

STUDY = "skdigits"
LONGEST_LINE = 2**20  # bytes; Optuna's lines have some hundred


def open_study(path, lock_path, pruner):
    """Return the study in a journal; both are made if they do not exist.

    Parameters
    ----------
    path, lock_path : pathlib.Path
        The journal, and the file of its lock.
    pruner : optuna.pruners.BasePruner

    Raises
    ------
    ValueError
        If the journal is damaged.
    OSError
        If it cannot be read or written.
    """
    with _JournalLock(path, lock_path):
        _check_lines(path)
    storage = JournalStorage(_JournalFile(path, lock_path))
    try:
        return optuna.load_study(storage=storage, study_name=STUDY, pruner=pruner)
    except KeyError:
        return optuna.create_study(
            storage=storage,
            study_name=STUDY,
            direction="maximize",
            load_if_exists=True,  # another process may have been quicker
            pruner=pruner,
        )


@contextmanager
def quiet_optuna():
    """Keep Optuna from printing its progress."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


class _JournalFile(JournalFileBackend):
    """A journal that is read and written under a lock.

    Optuna's own locks are files that remain after a kill, and it breaks them after 30 seconds. It
    reads without a lock; on a shared folder it could see a part of what another machine writes.
    """

    def __init__(self, path, lock_path):
        super().__init__(os.fspath(path), lock_obj=_JournalLock(path, lock_path))  # type: ignore[arg-type]
        self._reading = FileLock(lock_path)

    def read_logs(self, log_number_from):
        with self._reading:
            return iter(list(super().read_logs(log_number_from)))


class _JournalLock(FileLock):
    """The lock of a journal. Who takes it sees whole lines only.

    A process that is killed while it writes, or whose disk is full, leaves a part of a line. Optuna
    would write its next line behind that part, and nobody could read the journal any more.
    """

    def __init__(self, journal, path):
        super().__init__(path)
        self._journal = journal

    def acquire(self):
        super().acquire()
        try:
            _cut_torn_line(self._journal)
        except BaseException:
            self.release()
            raise
        return True


def _cut_torn_line(path):
    """Cut off the last line of a file if it has no end. The caller has the lock."""
    with open(path, "a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        if size == 0 or file.read() == b"\n":
            return
        start = max(0, size - LONGEST_LINE)
        file.seek(start)
        file.truncate(start + file.read().rfind(b"\n") + 1)


def _check_lines(path):
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                json.loads(line)
            except ValueError:
                raise ValueError(
                    f"{path} is damaged in line {number}; search in another folder, or delete this "
                    "line and those after it, whose trials are then lost"
                ) from None
