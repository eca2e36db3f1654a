"""`skdigits serve`: how the process starts, serves and ends."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from support import cnn, digits

import skdigits
from skdigits.cli import main
from skdigits.service._server import open_port, url_of

X, Y = digits()

# Serving an .onnx file does without these, as in the Dockerfile of docs/service.md.
SERVE = """
import sys
for name in ("tensorflow", "keras", "scikeras", "sklearn", "scipy", "onnx", "skl2onnx", "skops",
             "joblib", "matplotlib", "tqdm", "requests", "optuna"):
    sys.modules[name] = None
from skdigits.cli import main
sys.exit(main(["serve", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    return skdigits.export(cnn(epochs=1).fit(X, Y), folder / "digits.onnx")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_sigterm_finishes_what_is_under_way(model):
    """Half a request comes before the signal, and the rest after it.

    127.1 is another name of 127.0.0.1, so that other names are refused all the same.
    """
    command = [sys.executable, "-c", SERVE, str(model), "--host", "127.1", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as service:
        try:
            line = service.stdout.readline()
            assert line.startswith(f"Serving {model} at http://127.0.0.1:"), service.stderr.read()
            url = line.split()[3]
            with urllib.request.urlopen(url + "v2/health/ready") as response:
                assert response.status == 200
            address = url.removeprefix("http://").strip("/").split(":")
            with (
                socket.create_connection(address, timeout=60) as under_way,
                socket.create_connection(address, timeout=60) as silent,
                socket.create_connection(address, timeout=60) as in_headers,
                socket.create_connection(address, timeout=60) as keeps_alive,
            ):
                in_headers.sendall(b"POST /predict HTTP/1.1\r\nHost:")
                with pytest.raises(urllib.error.HTTPError, match="421"):
                    urllib.request.urlopen(
                        urllib.request.Request(url, headers={"Host": "example.org"})
                    )
                keeps_alive.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert keeps_alive.recv(1000).startswith(b"HTTP/1.1 200 OK")
                body = f"[{X[0].tolist()}]".encode()
                head = "POST /predict HTTP/1.1\r\nHost: localhost\r\n"
                head += "Content-Type: application/json\r\n"
                head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
                under_way.sendall(head.encode())
                assert under_way.recv(1000).startswith(b"HTTP/1.1 100")  # the body is awaited
                under_way.sendall(body[:100])
                service.send_signal(signal.SIGTERM)
                while keeps_alive.recv(1000):  # until the service has begun to end
                    pass
                under_way.sendall(body[100:])
                assert under_way.recv(1000).startswith(b"HTTP/1.1 200 OK")
                assert silent.recv(1000) == b""
                assert in_headers.recv(1000) == b""
            assert service.wait(60) in (0, -signal.SIGTERM)
            assert service.stderr.read() == ""
        finally:
            service.kill()


SHORT_LIMITS = """
import sys
from skdigits.service._app import make_app
from skdigits.service._limits import Limits
from skdigits.service._served_model import open_served
from skdigits.service._server import open_port, run, url_of
limits = Limits(n_bytes=1000, seconds_for_headers=1, seconds_for_body=1)
listening = open_port("127.0.0.1", 0)
print(listening.getsockname()[1], flush=True)
run(make_app(open_served(sys.argv[1]), limits), listening, limits)
"""


def test_slow_and_large_requests_are_ended(model):
    command = [sys.executable, "-c", SHORT_LIMITS, str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            address = ("127.0.0.1", int(service.stdout.readline()))

            def connect():
                return socket.create_connection(address, timeout=60)

            post = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
            with connect() as silent, connect() as in_headers:
                in_headers.sendall(b"POST /predict HT")
                assert in_headers.recv(1000) == b""
                assert silent.recv(1000) == b""
            with connect() as second:
                second.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b"HTTP/1.1 200" in second.recv(1000)
                second.sendall(b"GET /")  # the second request on this connection
                while second.recv(1000):
                    pass
            for request, status in (
                (post % 100 + b"half", b"408"),
                (post % 3000 + bytes(3000), b"413"),
                (post % 10**9 + bytes(100), b"413"),
            ):
                with connect() as client:
                    client.sendall(request)
                    assert client.recv(1000).startswith(b"HTTP/1.1 " + status)
        finally:
            service.kill()


def failure(capsys, *args):
    """Return the one line of an error of the command."""
    assert main(["serve", *map(str, args)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_bad_model_ends_before_the_port_opens(tmp_path, capsys):
    (tmp_path / "damaged.onnx").write_bytes(b"damaged")
    (tmp_path / "damaged.skd").write_bytes(b"damaged")
    assert "damaged.onnx" in failure(capsys, tmp_path / "damaged.onnx")
    assert "damaged.skd" in failure(capsys, tmp_path / "damaged.skd")
    assert "nothing.skd" in failure(capsys, tmp_path / "nothing.skd")
    assert "a .keras file cannot be used" in failure(capsys, tmp_path / "m.keras")


def test_a_port_or_host_that_cannot_be_used(model, capsys):
    with open_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        error = failure(capsys, model, "--port", port)
    assert error.startswith(f"skdigits: error: cannot listen on port {port} of 127.0.0.1: ")
    assert error.endswith("choose others by --host and --port\n")
    assert "cannot listen" in failure(capsys, model, "--host", "no host")
    assert "65535" in failure(capsys, model, "--port", "70000")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0", "::1", "[::1]", "::"])
def test_hosts(host):
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        listening = open_port(host, 0)
    except OSError as error:
        if ":" not in host:
            raise
        pytest.skip(f"this machine has no IPv6: {error}")
    with listening:
        assert listening.proto == socket.IPPROTO_TCP  # else asyncio delays small answers by 40 ms
        url = url_of(listening)
        port = listening.getsockname()[1]
        assert url in (f"http://127.0.0.1:{port}/", f"http://[::1]:{port}/")
        address = url.removeprefix("http://").removesuffix(f":{port}/").strip("[]")
        socket.create_connection((address, port), timeout=60).close()
