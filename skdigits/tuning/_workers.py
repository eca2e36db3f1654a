"""Run trials in worker processes, which do not outlive the process that started them."""

import os
import threading
import time
from concurrent.futures.process import BrokenProcessPool

from joblib import Parallel, delayed

PAUSE = 1.0  # seconds between two looks at the parent process


def run_in_workers(run, more, show, n_jobs):
    """Run trials at the same time until there is none to begin.

    Tasks are made as workers become free, each for one trial.

    Parameters
    ----------
    run : callable
        Runs one trial in a worker; it can be pickled.
    more : callable
        Returns whether there is a trial to begin. It is called in any thread of this process.
    show : callable
        Called after each trial, in this thread.
    n_jobs : int

    Raises
    ------
    ChildProcessError
        If a worker was killed.
    """
    task = delayed(_run_in_worker)
    tasks = (task(run, os.getpid()) for _ in iter(_without_errors(more), False))
    options = {"batch_size": 1, "pre_dispatch": n_jobs, "return_as": "generator_unordered"}
    try:
        for _ in Parallel(n_jobs=n_jobs, **options)(tasks):
            show()
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "A worker process was killed, perhaps because the memory was full. Start the same "
            "search again with fewer jobs; it goes on."
        ) from error


def _without_errors(more):
    """Return a function that is False where the journal cannot be read: joblib's thread would hang.

    The main thread gets the same error.
    """

    def safe():
        try:
            return more()
        except (OSError, ValueError):
            return False

    return safe


def _run_in_worker(run, parent):
    if os.getppid() == parent:  # a process of its own, and not a thread
        _end_with_parent()
    run()


def _end_with_parent():
    """End this process soon after its parent has been killed; joblib's would wait for minutes."""
    if not any(thread.name == _watch.__name__ for thread in threading.enumerate()):
        parent = os.getppid()
        threading.Thread(target=_watch, args=(parent,), name=_watch.__name__, daemon=True).start()


def _watch(parent):
    while os.getppid() == parent:  # on Windows it stays the same, and joblib decides
        time.sleep(PAUSE)
    os._exit(1)
