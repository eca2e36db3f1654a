"""Runs the app: opens the port, serves until a signal, and finishes what is under way."""

import logging
import os
import socket

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

BACKLOG = 1024  # connections that wait to be accepted


def open_port(host, port):
    """Return a listening socket.

    Parameters
    ----------
    host : str
        A name or an address of IPv4 or IPv6.
    port : int
        0 takes any free one.

    Raises
    ------
    OSError
        If it cannot be opened. The message names host and port.
    """
    host = host.strip("[]")  # of an address of IPv6, as in a URL
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # asyncio sends small answers at once only if the socket names its protocol; else each would
        # wait 40 ms for the client's acknowledgement.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if os.name == "posix":  # elsewhere it would share a port that is taken
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except BaseException:
            listening.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OSError(
            f"cannot listen on port {port} of {host}: {reason}; choose others by --host and --port"
        ) from None
    return listening


def url_of(listening):
    """Return the address of a socket for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def run(app, listening, limits):
    """Serve an app on a socket until SIGINT or SIGTERM.

    Requests that are under way are finished, within the limit of seconds.
    """

    class Protocol(_Protocol):
        seconds_for_headers = limits.seconds_for_headers

    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=limits.seconds_to_finish,
    )
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of faulty forms
    uvicorn.Server(config).run(sockets=[listening])


class _Protocol(H11Protocol):
    """uvicorn's protocol, which also closes connections that send only a part of a request."""

    seconds_for_headers = 0.0
    _timer = None

    def connection_made(self, transport):
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data):
        super().data_received(data)
        is_between_requests = self.cycle is None or self.cycle.response_complete
        if not is_between_requests:
            self._stop_timer()
        elif self._timer is None:
            self._start_timer()

    def connection_lost(self, error):
        self._stop_timer()
        super().connection_lost(error)

    def _start_timer(self):
        self._timer = self.loop.call_later(self.seconds_for_headers, self.transport.close)

    def _stop_timer(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
