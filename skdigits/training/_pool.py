"""A small pool of programs whose estimators are gone, for the next fit of the same network.

Building and tracing a program costs far more than a fit on a few thousand images. When an
estimator is collected its program comes back here, and the next fit with an equal spec starts it
again with weights from its own seed and a new optimizer state, so that its result is bit for bit
what it would have been. ``SKDIGITS_POOL_SIZE=0`` turns the pool off.
"""

import os
import threading
from collections import OrderedDict

from skdigits._tensorflow import check_process, python_random_kept
from skdigits.training._program import Program

POOL_SIZE = 8

_idle: OrderedDict = OrderedDict()  # id of program -> (key, program), the longest idle first
# Reentrant: collecting an estimator while the lock is held comes back here in the same thread.
lock = threading.RLock()


@python_random_kept()
def acquire(spec):
    """Return a program for `spec` that nobody else uses, from the pool if it has one."""
    check_process()
    key = spec.key()
    with lock:
        for number, (idle_key, program) in _idle.items():
            if idle_key == key:
                del _idle[number]
                return program
        return Program(spec)


def release(program):
    """Give a program back; it is kept if it can serve again and nobody else holds its model."""
    size = int(os.environ.get("SKDIGITS_POOL_SIZE", POOL_SIZE))
    key = program.spec.key()
    if program.lent_out or not program.can_start_again or key is None:
        return
    with lock:
        _idle[id(program)] = key, program
        while len(_idle) > size:
            _idle.popitem(last=False)
