"""A small pool of compiled models whose estimators are gone, for the next fit of equal ones.

Building and tracing a model costs far more than a fit on a few thousand images. When an estimator
is collected its model comes back here, and the next fit with an equal spec starts it again with
weights from its own seed and a new optimizer state, so that its result is bit for bit what it would
have been. ``SKDIGITS_POOL_SIZE=0`` turns the pool off.
"""

import gc
import os
import random
import threading
from collections import OrderedDict, deque

from skdigits._tensorflow import check_process, neutral_keras
from skdigits.training._compiled_model import CompiledModel
from skdigits.training._condition import Condition

POOL_SIZE = 8
# Models that are thrown away before garbage is collected: their parts refer to each other, and
# Python by itself would wait for a dozen. It takes a fifth of a second, building one much longer.
GARBAGE_SIZE = 4

_idle: OrderedDict = OrderedDict()  # id of model -> model, the longest idle first
_given_back: deque = deque()
_thrown_away: deque = deque()  # a value for each
# Reentrant: collecting an estimator while the lock is held comes back here in the same thread.
lock = threading.RLock()


def acquire(spec, seed):
    """Return a compiled model that nobody else uses, from the pool if it has one.

    Parameters
    ----------
    spec : NetworkSpec
    seed : numpy.random.SeedSequence or None
        Of random numbers that Keras draws while it builds: weights that have no initializer to
        draw them again.
    """
    check_process()
    key = spec.key()
    with lock:
        _take_back()
        compiled = _find(key) or _build(spec, key, seed)
        # The old condition has references of its own.
        compiled.lent_out, compiled.condition = False, None
        compiled.condition = Condition(compiled)
        return compiled


def release(compiled):
    """Give a compiled model back; it is kept if it can serve again."""
    if not keeps(compiled):
        _thrown_away.append(None)
        return
    _given_back.append(compiled)
    # An estimator may be collected at any moment, also while this thread holds a lock that the
    # holder of ours waits for: never wait here. Whoever has the lock now, or next, takes it back.
    if lock.acquire(blocking=False):
        try:
            _take_back()
        finally:
            lock.release()


def keeps(compiled):
    """Return whether a compiled model is kept when it is given back."""
    return compiled.can_start_again and compiled.key is not None and _size() > 0


def is_free(compiled):
    """Tell whether nobody else holds a part of the model, or has changed it."""
    if not compiled.lent_out or compiled.condition.holds(compiled):
        return True
    gc.collect()  # who held it may be garbage
    return compiled.condition.holds(compiled)


def _find(key):
    """Take an idle model from the pool; drop those that others still hold."""
    for compiled in [each for each in _idle.values() if key is not None and each.key == key]:
        del _idle[id(compiled)]
        if is_free(compiled):
            return compiled
        _thrown_away.append(None)
    return None


def _build(spec, key, seed):
    if len(_thrown_away) >= GARBAGE_SIZE:
        _thrown_away.clear()
        gc.collect()
    with neutral_keras():
        if seed is not None:
            random.seed(int(seed.generate_state(1)[0]))
        compiled = CompiledModel(spec)
    compiled.key = key  # now: later the spec's objects may have changed
    return compiled


def _take_back():
    while _given_back:
        compiled = _given_back.popleft()
        compiled.model.history = None  # Keras keeps a callback of the user's there
        _idle[id(compiled)] = compiled
    while len(_idle) > _size():
        _idle.popitem(last=False)
        _thrown_away.append(None)


def _size():
    text = os.environ.get("SKDIGITS_POOL_SIZE", "")
    return int(text) if text.isdigit() else POOL_SIZE
