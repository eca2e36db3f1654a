"""Reads the bodies of requests, within limits of bytes and of time."""

import asyncio
from contextlib import contextmanager

from skdigits.service._errors import RequestError, busy

DISCARDED = 4  # times the limit: a body that is too large is read so far, for the answer to arrive


class RequestsUnderWay:
    """Counts the requests that are under way, and the bytes of their bodies.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits):
        self._limits = limits
        self.n_requests = self.n_bytes = 0

    @contextmanager
    def admit(self):
        """Count a request, and yield an object to read its body with.

        Raises
        ------
        RequestError
            If too many are under way.
        """
        if self.n_requests >= self._limits.n_requests:
            raise busy()
        body = _Body(self, self._limits)
        self.n_requests += 1
        try:
            yield body
        finally:
            self.n_requests -= 1
            self.n_bytes -= body.n_bytes


class _Body:
    """The body of one request."""

    def __init__(self, under_way, limits):
        self._under_way, self._limits = under_way, limits
        self.n_bytes = 0  # that count among those under way

    async def read(self, request):
        """Return the body of a request as bytes.

        Raises
        ------
        RequestError
            If it is compressed, too large or too slow, or if all bodies under way are too large
            together.
        """
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestError(415, "send the body without a Content-Encoding", closes=True)
        limit = self._limits.n_bytes
        length = request.headers.get("content-length", "0")
        told = int(length) if length.isascii() and length.isdigit() else 0
        # A client that waits for "100 Continue" has not begun to send.
        if told > DISCARDED * limit or (told > limit and "expect" in request.headers):
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self._limits.seconds_for_body):
                return await self._read(request, limit)
        except TimeoutError:
            seconds = self._limits.seconds_for_body
            raise RequestError(
                408, f"the body did not arrive within {seconds:g} seconds", closes=True
            ) from None

    async def _read(self, request, limit):
        parts: list[bytes] = []
        n_read = 0
        async for part in request.stream():
            n_read += len(part)
            if n_read > DISCARDED * limit:
                break
            if n_read > limit:
                parts.clear()
            else:
                self._count(len(part))
                parts.append(part)
        if n_read > limit:
            raise _too_large(limit)
        return b"".join(parts)

    def _count(self, n_bytes):
        self.n_bytes += n_bytes
        self._under_way.n_bytes += n_bytes
        if self._under_way.n_bytes > self._limits.bytes_under_way:
            raise busy()


def _too_large(limit):
    size = f"{limit / 2**20:.0f} MiB" if limit >= 2**20 else f"{limit} bytes"
    return RequestError(413, f"the body may have at most {size}", closes=True)
