"""A small pool of compiled models whose estimators are gone, for later fits of equal networks.

Building and tracing a model costs far more than a fit on a few thousand images. When Python
collects an estimator, or it is fitted anew, its compiled model comes back here. The next fit with
an equal spec starts it again, with weights from its own seed and a new optimizer state. The result
is the same, bit for bit, as with a new model. ``SKDIGITS_POOL_SIZE=0`` turns the pool off.
"""

import gc
import os
import random
import threading
from collections import OrderedDict, deque

import numpy as np

from skdigits._tensorflow import check_process, check_scope, neutral_keras
from skdigits.training._compiled_model import CompiledModel
from skdigits.training._lent_models import Condition

POOL_SIZE = 8
# Collect garbage after so many dropped models, or half as many as the pool holds. The parts of a
# model refer to each other, and Python would wait for a dozen models. A collection takes a fifth of
# a second, and longer if the pool is large.
GARBAGE_SIZE = 4

_idle: OrderedDict = OrderedDict()  # id of model -> model, in the order they were given back
_given_back: deque = deque()
_thrown_away: deque = deque()  # one entry for each dropped model
# Reentrant: Python may collect an estimator, and call `release`, while this thread has the lock.
lock = threading.RLock()


def acquire(spec, seed):
    """Return a compiled model that nobody else uses, from the pool if it has one.

    Parameters
    ----------
    spec : NetworkSpec
    seed : numpy.random.SeedSequence or None
        For random numbers that Keras draws while it builds the model. They matter only for weights
        without an initializer.
    """
    check_process()
    key = spec.key()
    with lock:
        _take_back()
        compiled = _find(key) or _build(spec, key, seed)
        compiled.take_over(spec)
        # The old condition itself holds references.
        compiled.lent_out, compiled.condition = False, None
        compiled.condition = Condition(compiled)
        return compiled


def release(compiled):
    """Give a compiled model back; the pool keeps it if it can be used again."""
    if not keeps(compiled):
        _thrown_away.append(None)
        return
    _given_back.append(compiled)
    # Never wait here: Python may collect an estimator at any moment. This thread may then hold a
    # lock that the holder of our lock waits for. The next holder of our lock takes the model back.
    if lock.acquire(blocking=False):
        try:
            _take_back()
        finally:
            lock.release()


def keeps(compiled):
    """Tell whether the pool keeps a compiled model when it is given back."""
    return compiled.can_start_again and compiled.key is not None and _size() > 0


def is_free(compiled):
    """Tell whether the model is free: nobody else holds a part of it or has changed it."""
    if not compiled.lent_out or compiled.condition.holds(compiled):
        return True
    gc.collect()  # maybe only garbage refers to it
    return compiled.condition.holds(compiled)


def _find(key):
    """Take an idle model from the pool; drop those that others still hold."""
    # A collection of garbage may call `release` at any moment, which adds models and drops others.
    for compiled in list(_idle.values()):
        if key is None or compiled.key != key or _idle.pop(id(compiled), None) is None:
            continue
        if is_free(compiled):
            return compiled
        _thrown_away.append(None)
    return None


def _build(spec, key, seed):
    check_scope()
    if len(_thrown_away) >= max(GARBAGE_SIZE, _size() // 2):
        _thrown_away.clear()
        gc.collect()
    # NumPy's global generator is the caller's: that is the one to set back.
    numpy_state = np.random.get_state()  # noqa: NPY002
    try:
        with neutral_keras():
            if seed is not None:
                random.seed(int(seed.generate_state(1)[0]))
            compiled = CompiledModel(spec)
    finally:
        # A function of the user's may have drawn from it or seeded it.
        np.random.set_state(numpy_state)  # noqa: NPY002
    compiled.key = key  # not later, when the spec's objects may have changed
    return compiled


def _take_back():
    while _given_back:
        compiled = _given_back.popleft()
        compiled.model.history = None  # Keras keeps a callback there
        _idle[id(compiled)] = compiled
    while len(_idle) > _size():
        _idle.popitem(last=False)
        _thrown_away.append(None)


def _size():
    text = os.environ.get("SKDIGITS_POOL_SIZE", "")
    return int(text) if text.isdigit() else POOL_SIZE
