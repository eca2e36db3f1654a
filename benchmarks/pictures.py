"""How many pictures a second does `load_images` read, and in how much memory?

``python -m benchmarks.pictures --pictures 200000`` writes PNG files of 28 x 28 pixels to a
temporary folder, and reads them to a memory-mapped file. It needs Linux, which tells the memory.
"""

import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from skdigits.datasets import load_images

N_CLASSES = 10


def main(pictures: Annotated[int, typer.Option(min=20)] = 20_000):
    """Print pictures a second and the peak of the memory."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "pictures"), pictures)
        with PeakMemory() as memory:
            start, cpu_start = time.perf_counter(), time.process_time()
            images = load_images(Path(folder, "pictures"), memmap=Path(folder, "images.npy"))
            seconds = time.perf_counter() - start
            cpu_seconds = time.process_time() - cpu_start
        print(
            f"{len(images.data)} pictures: {pictures / seconds:.0f} a second, "
            f"{pictures / cpu_seconds:.0f} a second of processor time, "
            f"peak memory {memory.peak / 1e6:.0f} MB"
        )


def write(folder, n_pictures):
    """Write pictures, a folder for each class."""
    rng = np.random.default_rng(0)
    for label in range(N_CLASSES):
        (folder / str(label)).mkdir(parents=True)
    for number in range(n_pictures):
        pixels = rng.integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(folder / str(number % N_CLASSES) / f"{number}.png")


class PeakMemory:
    """Measures memory of the process that is not of files, five times a second."""

    def __enter__(self):
        self.peak, self._ends = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._ends.set()
        self._thread.join()

    def _watch(self):
        while not self._ends.wait(0.2):
            lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
            sizes = dict(line.split(":", 1) for line in lines[1:])
            self.peak = max(self.peak, int(sizes["Anonymous"].split()[0]) * 1024)


if __name__ == "__main__":
    typer.run(main)
