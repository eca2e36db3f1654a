"""Throughput and waiting times of `skdigits serve`. ``python -m benchmarks.service``

A CNN with its defaults is served by `skdigits serve`, from an .onnx file, and by a plain FastAPI
app that calls `predict` of the same network in Keras. 1, 8 and 64 clients send a PNG of 28 x 28
pixels over loopback, each the next one when it has its answer. Each line has the answers in a
second, the 50th and the 99th percentile of the time of an answer, and the requests that failed. The
times include those of the clients, which share the cores. Takes three minutes.
"""

import asyncio
import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import typer
from PIL import Image

import skdigits
from skdigits.datasets import load_digits

CLIENTS = (1, 8, 64)
MOST_REQUESTS, MOST_SECONDS = 5_000, 15  # of one measurement
READY_SECONDS = 120

# What many write first: the network is called in the function of the route.
PLAIN = """
import io, sys
import keras, numpy as np, uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image

model = keras.models.load_model(sys.argv[1])
app = FastAPI()

@app.get("/v2/health/ready")
def ready():
    return True

@app.post("/predict")
def predict(picture: UploadFile):
    pixels = np.asarray(Image.open(io.BytesIO(picture.file.read())).convert("L"))
    found = model.predict(pixels[None, ..., None].astype("float32"), verbose=0)
    return {"label": int(found[0].argmax()), "probabilities": found[0].tolist()}

uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
"""


def main():
    """Print the table."""
    X, y = load_digits(return_X_y=True)
    file = io.BytesIO()
    Image.fromarray(X[0]).save(file, "PNG")
    picture = file.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        classifier = skdigits.CNNClassifier(random_state=0).fit(X, y)
        onnx = skdigits.export(classifier, Path(folder) / "digits.onnx")
        keras = skdigits.export(classifier, Path(folder) / "digits.keras")
        serve = [sys.executable, "-m", "skdigits", "serve", str(onnx), "--port", "8765"]
        plain = [sys.executable, "-c", PLAIN, str(keras), "8766"]
        print(f"load average before: {os.getloadavg()[0]:.1f}")
        print("service: clients, answers in a second, p50 (ms), p99 (ms), failed")
        for name, command, port, body in (
            ("skdigits serve", serve, 8765, picture),
            ("FastAPI, Keras's predict", plain, 8766, _form(picture)),
        ):
            with _running(command, port):
                for clients in CLIENTS:
                    print(f"{name}: {clients}, {_measure(port, body, clients)}", flush=True)


def _form(picture):
    head = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    return head + picture + b"\r\n--b--\r\n"


@contextlib.contextmanager
def _running(command, port):
    """Run a service until the end of the block."""
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready").close()
                break
            except OSError:
                if time.monotonic() > end or service.poll() is not None:
                    raise
                time.sleep(0.2)
        yield
    finally:
        service.terminate()
        service.wait(60)


def _measure(port, body, n_clients):
    """Return the measures of some clients, as text."""
    asyncio.run(_clients(port, body, n_clients, 10 * n_clients))  # warm
    start = time.perf_counter()
    times, failed = asyncio.run(_clients(port, body, n_clients, MOST_REQUESTS))
    rate = len(times) / (time.perf_counter() - start)
    ranked = statistics.quantiles(times, n=100)
    return f"{rate:.0f}, {1e3 * ranked[49]:.1f}, {1e3 * ranked[98]:.1f}, {failed}"


async def _clients(port, body, n_clients, most):
    """Return the seconds of all answers, and the number of requests that failed."""
    head = (
        "POST /predict HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    if not body.startswith(b"--b"):
        head = head.replace("multipart/form-data; boundary=b", "image/png")
    request, times, failed = head.encode() + body, [], 0
    end, left = time.monotonic() + MOST_SECONDS, most

    async def client():
        nonlocal left, failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left > 0 and time.monotonic() < end:
            left -= 1
            start = time.perf_counter()
            writer.write(request)
            headers = await reader.readuntil(b"\r\n\r\n")
            length = headers.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
            await reader.readexactly(int(length))
            times.append(time.perf_counter() - start)
            failed += not headers.startswith(b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(client() for _ in range(n_clients)))
    return times, failed


if __name__ == "__main__":
    typer.run(main)
