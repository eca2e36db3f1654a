"""What the routes share: the model, the threads that read bodies, and the limits."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from skdigits.service._batcher import Batcher
from skdigits.service._bodies import Traffic
from skdigits.service._errors import busy
from skdigits.service._images import Pictures, images_of
from skdigits.service._metrics import Metrics

# Larger pictures and bodies are read one after the other: each may take 400 MB.
SMALL_PICTURES, SMALL_BODY = 1_000_000, 2**20  # pixels of a request, bytes
MOST_READERS = 4


class Service:
    """A model that answers requests.

    Parameters
    ----------
    model : ServedModel
    limits : Limits
    """

    def __init__(self, model, limits):
        self.model, self.limits = model, limits
        self.metrics = Metrics()
        self._traffic = Traffic(limits)
        self._batcher = Batcher(model.graph.run, limits, self.metrics.count_images)
        n_readers = min(os.cpu_count() or 1, MOST_READERS)
        self._readers = ThreadPoolExecutor(n_readers, "skdigits-reader")
        self._reader_of_large = ThreadPoolExecutor(1, "skdigits-large")
        self.metrics.watch(
            "skdigits_requests_under_way", "Requests that have no answer yet.",
            lambda: self._traffic.n_requests,
        )  # fmt: skip
        self.metrics.watch(
            "skdigits_images_waiting", "Images that wait for the model.",
            lambda: self._batcher.n_images,
        )  # fmt: skip

    def close(self):
        """End the threads."""
        for each in (self._readers, self._reader_of_large, self._batcher):
            each.shutdown(wait=False) if isinstance(each, ThreadPoolExecutor) else each.close()

    async def answer(self, request, to_images):
        """Return the probabilities for the images of a request, an array of (n, n_classes).

        Parameters
        ----------
        request : Request
        to_images : coroutine function
            Takes the body, and returns images as the graph takes them.

        Raises
        ------
        RequestError
            If the request cannot be answered.
        """
        with self._traffic.admit() as body:
            content = await body.read(request)
            try:
                async with asyncio.timeout(self.limits.seconds_for_answer):
                    return await self._batcher.predict(await to_images(content))
            except TimeoutError:
                raise busy("the answer took too long") from None

    async def read(self, function, body, *args):
        """Return what a function makes of a body, beside the loop of events."""
        reader = self._readers if len(body) <= SMALL_BODY else self._reader_of_large
        return await asyncio.get_running_loop().run_in_executor(reader, function, body, *args)

    async def read_images(self, content_type, body):
        """Return the images in the body of a request to /predict, as the graph takes them."""
        pictures = self.model.pictures
        images = await self.read(self._read_small, body, content_type)
        if isinstance(images, Pictures):
            loop = asyncio.get_running_loop()
            images = await loop.run_in_executor(self._reader_of_large, images.read, pictures)
            return self.model.to_input(images)
        return images

    def _read_small(self, body, content_type):
        """Return images as the graph takes them, or `Pictures` that are large."""
        pictures = self.model.pictures
        images = images_of(content_type, body, pictures.form, self.limits)
        if isinstance(images, Pictures):
            if images.n_pixels > SMALL_PICTURES:
                return images
            images = images.read(pictures)
        return self.model.to_input(images)
