"""Drop lines that TensorFlow logs, and nothing else."""

import os
import re
import threading
from contextlib import contextmanager, suppress

LOG_LINE = re.compile(
    rb"(?:[IWE]\d{4} [\d:.]+ +\d+ [^\s:]+:\d+\] "
    rb"|WARNING: All log messages before absl::InitializeLog)[^\n]*\n"
)


@contextmanager
def without_log_lines(pattern=LOG_LINE):
    """Drop TensorFlow's log lines from the error output of the process.

    `pattern` matches the bytes of such a line, with its end.

    While TensorFlow loads, it ignores the log level (tensorflow issue 100442). Meanwhile, the
    descriptor of the error output is the end of a pipe. A thread reads the pipe and passes on
    everything but log lines: what other threads print, and the processes that they start, which
    keep the pipe. ``sys.stderr`` may be anything, also None, since it is not used.
    """
    try:
        target = os.dup(2)
    except OSError:  # the process has no error output
        yield
        return
    reader, writer = os.pipe()
    end, ended = os.urandom(16).hex().encode(), threading.Event()
    arguments = (reader, target, end, ended, pattern)
    threading.Thread(target=_pass_on, args=arguments, daemon=True).start()
    inheritable = os.get_inheritable(2)
    os.dup2(writer, 2, inheritable)
    try:
        yield
    finally:
        with suppress(OSError):  # another thread has closed it
            if os.path.sameopenfile(2, writer):  # no other thread has replaced it
                os.dup2(target, 2, inheritable)
        os.write(writer, end)
        os.close(writer)
        ended.wait()


def _pass_on(reader, target, end, ended, pattern):
    """Pass on what is read until the pipe is closed; drop log lines until `end` is read."""
    held = b""
    while chunk := os.read(reader, 1 << 16):
        held += chunk
        if ended.is_set():
            held = _write(target, held)
            continue
        loading, found, after = held.partition(end)
        lines = loading if found else loading[: loading.rfind(b"\n") + 1]
        _write(target, pattern.sub(b"", lines))
        held = after if found else loading[len(lines) :]
        if found:
            held = _write(target, held)
            ended.set()
    os.close(reader)
    os.close(target)


def _write(target, content):
    """Write all of the content, and return what is left to write, which is nothing."""
    with suppress(OSError):  # without the pipe, the writer would have got this error
        while content:
            content = content[os.write(target, content) :]
    return b""
