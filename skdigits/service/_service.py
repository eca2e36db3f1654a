"""What the routes share: the model, the threads that read bodies, and the limits."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from skdigits.service._batcher import Batcher
from skdigits.service._bodies import RequestsUnderWay
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
        self._under_way = RequestsUnderWay(limits)
        self._batcher = Batcher(model.pictures.graph.run, limits, self.metrics.count_images)
        n_readers = min(os.cpu_count() or 1, MOST_READERS)
        self._readers = ThreadPoolExecutor(n_readers, "skdigits-reader")
        self._reader_of_large = ThreadPoolExecutor(1, "skdigits-large")
        self.metrics.watch(
            "skdigits_requests_under_way", "Requests that have no answer yet.",
            lambda: self._under_way.n_requests,
        )  # fmt: skip
        self.metrics.watch(
            "skdigits_images_waiting", "Images that wait for the model.",
            lambda: self._batcher.n_images,
        )  # fmt: skip

    def close(self):
        """End the threads."""
        self._readers.shutdown(wait=False)
        self._reader_of_large.shutdown(wait=False)
        self._batcher.close()

    async def predict(self, images):
        """Return the probabilities for images as the graph takes them, of shape (n, n_classes)."""
        return await self._batcher.predict(images)

    async def answer(self, request, function):
        """Return what a function makes of the body of a request, within the limits.

        Parameters
        ----------
        request : Request
        function : coroutine function
            Takes the body, and returns the response.

        Raises
        ------
        RequestError
            If the request cannot be answered.
        """
        with self._under_way.admit() as body:
            content = await body.read(request)
            try:
                async with asyncio.timeout(self.limits.seconds_for_answer):
                    return await function(content)
            except TimeoutError:
                raise busy("the answer took too long") from None

    async def read(self, function, body, *args):
        """Return what a function makes of a body, beside the loop of events."""
        reader = self._readers if len(body) <= SMALL_BODY else self._reader_of_large
        return await asyncio.get_running_loop().run_in_executor(reader, function, body, *args)

    async def read_images(self, content_type, body):
        """Return the images in the body of a request to /predict, as the graph takes them."""
        return await self._images(content_type, body, self.model.pictures.read, self.model.to_input)

    async def read_for_page(self, body):
        """Return the picture in a body as the page shows it, an array of uint8."""
        return await self._images("", body, self.model.read_for_page, lambda images: images[0])

    async def _images(self, content_type, body, read, finish):
        """Return the images in a body, finished.

        Parameters
        ----------
        content_type : str
        body : bytes
        read : callable
            Takes a file, and returns its pixels.
        finish : callable
            Takes images of uint8.
        """
        form, limits = self.model.pictures.form, self.limits

        def read_small(body):
            images = images_of(content_type, body, form, limits)
            if isinstance(images, Pictures):
                if images.n_pixels > SMALL_PICTURES:
                    return None, images
                images = images.read(read)
            return finish(images), None

        found, large = await self.read(read_small, body)
        if large is None:
            return found
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader_of_large, lambda: finish(large.read(read)))
