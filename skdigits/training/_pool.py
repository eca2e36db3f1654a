"""A small pool of programs whose estimators are gone, for the next fit of the same network.

Building and tracing a program costs far more than a fit on a few thousand images. When an
estimator is collected its program comes back here, and the next fit with an equal spec starts it
again with weights from its own seed and a new optimizer state, so that its result is bit for bit
what it would have been. ``SKDIGITS_POOL_SIZE=0`` turns the pool off.
"""

import os
import threading
from collections import OrderedDict, deque

from skdigits._tensorflow import check_process, neutral_keras
from skdigits.training._program import Program

POOL_SIZE = 8

_idle: OrderedDict = OrderedDict()  # id of program -> program, the longest idle first
_given_back: deque = deque()
# Reentrant: collecting an estimator while the lock is held comes back here in the same thread.
lock = threading.RLock()


def acquire(spec):
    """Return a program for `spec` that nobody else uses, from the pool if it has one."""
    check_process()
    key = spec.key()
    with lock:
        _take_back()
        for program in list(_idle.values()):
            if key is not None and program.key == key:
                del _idle[id(program)]
                return program
        with neutral_keras():
            program = Program(spec)
        program.key = key  # now: later the spec's objects may have changed
        return program


def release(program):
    """Give a program back; it is kept if it can serve again and nobody else holds its model."""
    if program.lent_out or not program.can_start_again or program.key is None:
        return
    _given_back.append(program)
    # An estimator may be collected at any moment, also while this thread holds a lock that the
    # holder of ours waits for: never wait here. Whoever has the lock now, or next, takes it back.
    if lock.acquire(blocking=False):
        try:
            _take_back()
        finally:
            lock.release()


def _take_back():
    while _given_back:
        program = _given_back.popleft()
        _idle[id(program)] = program
    while len(_idle) > _size():
        _idle.popitem(last=False)


def _size():
    text = os.environ.get("SKDIGITS_POOL_SIZE", "")
    return int(text) if text.isdigit() else POOL_SIZE
