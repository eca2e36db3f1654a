"""Keeps TensorFlow's log lines from the error output while it loads, and nothing else."""

import os
import re
import threading
from contextlib import contextmanager, suppress

_LOG_LINE = re.compile(
    rb"(?:[IWE]\d{4} [\d:.]+ +\d+ [^\s:]+:\d+\] "
    rb"|WARNING: All log messages before absl::InitializeLog)[^\n]*\n"
)


@contextmanager
def without_log_lines():
    """Keep TensorFlow's log lines from the error output of the process.

    What it logs while it loads heeds no log level (tensorflow issue 100442). So the descriptor of
    the error output is the end of a pipe meanwhile, and a thread passes on all else that comes
    through: other threads print there, too, and so do processes that they start, which keep the
    pipe. ``sys.stderr`` isn't touched, so that it may be anything, or None.
    """
    try:
        target = os.dup(2)
    except OSError:  # the process has no error output
        yield
        return
    reader, writer = os.pipe()
    end, ended = os.urandom(16).hex().encode(), threading.Event()
    arguments = (reader, target, end, ended)
    threading.Thread(target=_pass_on, args=arguments, daemon=True).start()
    inheritable = os.get_inheritable(2)
    os.dup2(writer, 2, inheritable)
    try:
        yield
    finally:
        with suppress(OSError):  # somebody has closed it meanwhile
            if os.path.sameopenfile(2, writer):  # nor has somebody put another in its place
                os.dup2(target, 2, inheritable)
        os.write(writer, end)
        os.close(writer)
        ended.wait()


def _pass_on(reader, target, end, ended):
    """Pass on what is read, without log lines until `end` is read, until nobody can write."""
    held = b""
    while chunk := os.read(reader, 1 << 16):
        held += chunk
        if ended.is_set():
            held = _write(target, held)
            continue
        loading, found, after = held.partition(end)
        lines = loading if found else loading[: loading.rfind(b"\n") + 1]
        _write(target, _LOG_LINE.sub(b"", lines))
        held = after if found else loading[len(lines) :]
        if found:
            held = _write(target, held)
            ended.set()
    os.close(reader)
    os.close(target)


def _write(target, content):
    """Write all of it, where it can be written; return what is left to write, which is nothing."""
    with suppress(OSError):  # the writer would have met that error
        while content:
            content = content[os.write(target, content) :]
    return b""
