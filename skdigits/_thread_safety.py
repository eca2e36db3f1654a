"""Several threads may use one estimator: it is never trained while another thread uses it."""

import functools
import os
import threading
from collections import Counter
from weakref import WeakKeyDictionary


def trains(method):
    """Decorate a method that trains: it waits until no other thread uses the estimator."""

    @functools.wraps(method)
    def waiting(estimator, *args, **kwargs):
        lock = _lock_of(estimator)
        lock.begin_training()
        try:
            return method(estimator, *args, **kwargs)
        finally:
            lock.end_training()

    return waiting


def reads(method):
    """Decorate a method that reads what is trained: it waits until no other thread trains."""

    @functools.wraps(method)
    def waiting(estimator, *args, **kwargs):
        lock = _lock_of(estimator)
        lock.begin_reading()
        try:
            return method(estimator, *args, **kwargs)
        finally:
            lock.end_reading()

    return waiting


class _Lock:
    """A lock that one thread holds to train, or any number of threads to read.

    A thread may take it again while it has it. So callbacks may predict during a training. New
    readers let a training go first that waits already.
    """

    def __init__(self):
        self._changed = threading.Condition()
        self._trainer: int | None = None  # a thread
        self._depth = 0  # calls of the trainer that have not ended
        self._n_waiting = 0  # trainings
        self._readers: Counter = Counter()  # threads, and their calls that have not ended

    def begin_training(self):
        me = threading.get_ident()
        with self._changed:
            self._n_waiting += 1
            try:
                self._changed.wait_for(
                    lambda: self._trainer in (None, me) and not self._readers.keys() - {me}
                )
            finally:
                self._n_waiting -= 1
                self._changed.notify_all()
            self._trainer, self._depth = me, self._depth + 1

    def end_training(self):
        with self._changed:
            self._depth -= 1
            if not self._depth:
                self._trainer = None
                self._changed.notify_all()

    def begin_reading(self):
        me = threading.get_ident()
        with self._changed:
            if self._trainer != me and me not in self._readers:
                self._changed.wait_for(lambda: self._trainer is None and not self._n_waiting)
            self._readers[me] += 1

    def end_reading(self):
        me = threading.get_ident()
        with self._changed:
            self._readers[me] -= 1
            if not self._readers[me]:
                del self._readers[me]
                self._changed.notify_all()


# Not in the estimators, since locks can be neither copied nor pickled.
_locks: WeakKeyDictionary = WeakKeyDictionary()


def _lock_of(estimator):
    # `setdefault` alone would make a lock for each call.
    return _locks.get(estimator) or _locks.setdefault(estimator, _Lock())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_locks.clear)  # its other threads do not exist there
