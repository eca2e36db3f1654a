"""A small pool of programs whose estimators are gone, for the next fit of the same network.

Building and tracing a program costs far more than a fit on a few thousand images. When an
estimator is collected its program comes back here, and the next fit with an equal spec starts it
again with weights from its own seed and a new optimizer state, so that its result is bit for bit
what it would have been. ``SKDIGITS_POOL_SIZE=0`` turns the pool off.
"""

import gc
import os
import threading
from collections import OrderedDict, deque

from skdigits._tensorflow import check_process, neutral_keras
from skdigits.training._condition import Condition
from skdigits.training._program import Program

POOL_SIZE = 8
# Programs that are thrown away before garbage is collected: their parts refer to each other, and
# Python by itself would wait for a dozen. It takes a fifth of a second, building one much longer.
GARBAGE_SIZE = 4

_idle: OrderedDict = OrderedDict()  # id of program -> program, the longest idle first
_given_back: deque = deque()
_thrown_away: deque = deque()  # a value for each
# Reentrant: collecting an estimator while the lock is held comes back here in the same thread.
lock = threading.RLock()


def acquire(spec):
    """Return a program for `spec` that nobody else uses, from the pool if it has one."""
    check_process()
    key = spec.key()
    with lock:
        _take_back()
        program = _find(key) or _build(spec, key)
        # The old condition has references of its own.
        program.lent_out, program.condition = False, None
        program.condition = Condition(program)
        return program


def release(program):
    """Give a program back; it is kept if it can serve again."""
    if not keeps(program):
        _thrown_away.append(None)
        return
    _given_back.append(program)
    # An estimator may be collected at any moment, also while this thread holds a lock that the
    # holder of ours waits for: never wait here. Whoever has the lock now, or next, takes it back.
    if lock.acquire(blocking=False):
        try:
            _take_back()
        finally:
            lock.release()


def keeps(program):
    """Return whether a program is kept when it is given back."""
    return program.can_start_again and program.key is not None and _size() > 0


def is_free(program):
    """Tell whether nobody else holds a part of the program's model, or has changed it."""
    if not program.lent_out or program.condition.holds(program):
        return True
    gc.collect()  # who held it may be garbage
    return program.condition.holds(program)


def _find(key):
    """Take an idle program from the pool; drop those that others still hold."""
    for program in [each for each in _idle.values() if key is not None and each.key == key]:
        del _idle[id(program)]
        if is_free(program):
            return program
        _thrown_away.append(None)
    return None


def _build(spec, key):
    if len(_thrown_away) >= GARBAGE_SIZE:
        _thrown_away.clear()
        gc.collect()
    with neutral_keras():
        program = Program(spec)
    program.key = key  # now: later the spec's objects may have changed
    return program


def _take_back():
    while _given_back:
        program = _given_back.popleft()
        program.model.history = None  # Keras keeps a callback of the user's there
        _idle[id(program)] = program
    while len(_idle) > _size():
        _idle.popitem(last=False)
        _thrown_away.append(None)


def _size():
    text = os.environ.get("SKDIGITS_POOL_SIZE", "")
    return int(text) if text.isdigit() else POOL_SIZE
