"""Predicts images of several requests together."""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from skdigits.service._errors import busy


class Batcher:
    """Hands images to a model, in one thread of its own.

    While the model is busy, requests wait; what waits is then predicted together. So no request
    waits for others to come, and a burst of requests takes few calls of the model.

    Parameters
    ----------
    run : callable
        Takes an array of images, and returns an array with a row for each.
    limits : Limits
    observe : callable
        Is called with the number of images of each call of the model.
    """

    def __init__(self, run, limits, observe):
        self._run, self._limits, self._observe = run, limits, observe
        self._waiting: deque = deque()  # images and the future of each request
        self._worker = None
        self._thread = ThreadPoolExecutor(1, "skdigits-model")
        self.n_images = self.n_bytes = 0  # that wait

    async def predict(self, images):
        """Return what the model says of images.

        Raises
        ------
        RequestError
            If too much is waiting.
        """
        if self._waiting and self.n_bytes + images.nbytes > self._limits.bytes_waiting:
            raise busy("too many images are waiting")
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((images, future))
        self._count(images, 1)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    def close(self):
        """End the thread."""
        self._thread.shutdown(wait=False)

    def _count(self, images, sign):
        self.n_images += sign * len(images)
        self.n_bytes += sign * images.nbytes

    async def _work(self):
        """Predict until nothing waits."""
        loop = asyncio.get_running_loop()
        try:
            while batch := self._next_batch():
                together = [images for images, _ in batch]
                ends = np.cumsum([len(images) for images in together])
                try:
                    found = await loop.run_in_executor(self._thread, self._predict, together)
                except Exception as error:
                    _answer(batch, [error] * len(batch))
                else:
                    _answer(batch, np.split(found, ends[:-1]))
        finally:
            self._worker = None

    def _next_batch(self):
        """Take the requests for the next call; at least one, if any waits."""
        batch: list = []
        n_images = 0
        while self._waiting:
            images, future = self._waiting[0]
            if batch and n_images + len(images) > self._limits.images_together:
                break
            self._waiting.popleft()
            self._count(images, -1)
            if not future.done():  # the client has gone
                batch.append((images, future))
                n_images += len(images)
        return batch

    def _predict(self, together):
        images = np.concatenate(together)
        most = self._limits.images_together
        parts = [images[start : start + most] for start in range(0, len(images), most)]
        for part in parts:
            self._observe(len(part))
        return np.concatenate([self._run(part) for part in parts])


def _answer(batch, parts):
    """Hand each request of a batch its part of the result, or its error."""
    for (_, future), part in zip(batch, parts, strict=True):
        if not future.done():
            set_ = future.set_exception if isinstance(part, Exception) else future.set_result
            set_(part)
