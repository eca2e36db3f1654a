"""Which names of the service requests may use."""

import ipaddress
import re

from skdigits.service._errors import json_response

MISDIRECTED = 421


def hosts_of(host, address):
    """Return the names that requests may use, as `ForHosts` takes them.

    Only this machine reaches a loopback address. But a page from anywhere could let its own name
    lead there, and then read the answers as if they were its own ("DNS rebinding"). The names of
    other addresses are not known here.

    Parameters
    ----------
    host : str
        The address or the name that the service was told to listen on.
    address : str
        The address that its socket has. Many names lead to a loopback address, such as 127.1.
    """
    found = ipaddress.ip_address(address)
    if not (getattr(found, "ipv4_mapped", None) or found).is_loopback:
        return None
    return {"localhost", "127.0.0.1", "::1", address, host.strip("[]").lower()}


class ForHosts:
    """An ASGI app that refuses requests for other hosts.

    Starlette's TrustedHostMiddleware does the same, but its answer does not say what to do.

    Parameters
    ----------
    app : ASGI app
    hosts : set of str or None
        Names and addresses, in lower case. None allows all.
    """

    def __init__(self, app, hosts):
        self._app, self._hosts = app, hosts

    async def __call__(self, scope, receive, send):
        """Handle a request as the app does, or refuse it."""
        headers = dict(scope.get("headers", []))
        host = headers.get(b"host", b"").decode("latin-1")
        if self._hosts is None or not host or _name(host) in self._hosts:
            await self._app(scope, receive, send)
            return
        names = ", ".join(sorted(self._hosts))
        error = (
            f"this service answers requests for {names}, and not for {host!r}; a proxy before it "
            "has to send one of these names in the header Host"
        )
        response = json_response({"error": error}, MISDIRECTED, {"Connection": "close"})
        await response(scope, receive, send)


def _name(host):
    """Return the value of a Host header without the port, and without the brackets of IPv6."""
    return re.sub(r":\d*$", "", host).strip("[]").lower()
