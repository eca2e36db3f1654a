"""A lock on a file, which the system releases when the process ends, however it ends."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(file):
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try_to_lock(file):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


PAUSE = 0.02  # seconds between two attempts


class FileLock:
    """A lock that only one holder in all processes has at a time. It is a context manager.

    No process can leave a lock behind: it belongs to an open file, which the system closes.

    Parameters
    ----------
    path : path-like
        The file; it is made if it does not exist, in an existing folder.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._file: IO | None = None

    def try_to_acquire(self):
        """Take the lock and return True, or return False if another holder has it.

        Raises
        ------
        OSError
            If the file cannot be made.
        """
        file = open(self.path, "ab")  # noqa: SIM115
        try:
            _try_to_lock(file)
        except (BlockingIOError, PermissionError):  # on POSIX, on Windows
            file.close()
            return False
        except BaseException:
            file.close()
            raise
        self._file = file
        return True

    def acquire(self):
        """Wait for the lock, and take it."""
        while not self.try_to_acquire():
            time.sleep(PAUSE)
        return True

    def release(self):
        """Let others have the lock."""
        file, self._file = self._file, None  # another thread may take it as soon as it is closed
        if file is not None:
            file.close()

    def remove(self):
        """Release the lock, and remove its file, which nobody needs any more."""
        self.release()
        with suppress(OSError):  # another process looks at it
            self.path.unlink()

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *error):
        self.release()
