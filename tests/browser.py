"""A headless Chromium for tests of pages, driven by its DevTools protocol over two pipes."""

import json
import os
import select
import shutil
import subprocess
import sys
import time

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST_ANSWER = 120  # seconds
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    *("--disable-background-networking", "--remote-debugging-pipe"),
)
# The browser reads from the file descriptor 3 and writes to 4.
START = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def chromium():
    """Return the path of a browser, or skip."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None or os.name != "posix":
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is on the PATH")
    return found


class Browser:
    """One process of Chromium with one page; use it in a `with` statement.

    Parameters
    ----------
    folder : Path
        For the profile.

    Attributes
    ----------
    requests : list of str
        The addresses that the page has asked for.
    errors : list of str
        Errors of its scripts, and what it has written to the console.
    """

    def __init__(self, folder):
        self.folder = folder
        self.requests, self.errors = [], []
        self._n_calls, self._rest, self._session = 0, b"", {}

    def __enter__(self):
        command = [chromium(), *OPTIONS, f"--user-data-dir={self.folder}", "about:blank"]
        import fcntl  # which Windows lacks

        from_us, self._to = os.pipe()
        self._from, to_us = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (from_us, to_us)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, ends), *command],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (from_us, to_us, *ends):
            os.close(end)
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(each["targetId"] for each in targets if each["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *error):
        self._process.terminate()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def call(self, method, **parameters):
        """Call a method of the protocol, and return its result."""
        self._n_calls += 1
        message = {"id": self._n_calls, "method": method, "params": parameters, **self._session}
        self._write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if "method" not in answer:
                assert answer["id"] == self._n_calls
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._note(answer)

    def _write(self, content):
        while content:
            content = content[os.write(self._to, content) :]

    def _read(self):
        """Return the next message."""
        deadline = time.monotonic() + LONGEST_ANSWER
        parts = [self._rest]
        while b"\0" not in parts[-1]:
            ready, _, _ = select.select([self._from], [], [], deadline - time.monotonic())
            part = os.read(self._from, 1 << 20) if ready else b""
            if not part:
                raise RuntimeError("the browser gives no answer")
            parts.append(part)
        message, _, self._rest = b"".join(parts).partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        parameters = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event["method"] == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"]["exception"]["description"])
        elif event["method"] == "Log.entryAdded":
            self.errors.append(parameters["entry"]["text"])
        elif event["method"] == "Page.loadEventFired":
            self._is_loaded = True

    def open(self, path):
        """Open a file or an address, and wait until it has run."""
        self.requests.clear()
        self.errors.clear()
        self._is_loaded = False
        self.call("Page.navigate", url=path if isinstance(path, str) else path.as_uri())
        while not self._is_loaded:
            self._note(self._read())

    def run(self, script):
        """Return the value of an expression in the page; it may be a promise."""
        options = {"awaitPromise": True, "returnByValue": True}
        result = self.call("Runtime.evaluate", expression=script, **options)
        details = result.get("exceptionDetails", {})
        assert not details, details["exception"].get("description", details)
        return result["result"].get("value")
