"""The network under the webhooks: public addresses only, and not a second longer than an attempt may take."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
from django.conf import settings

LOOKUP = 5.0  # seconds for a name server
ADDRESSES = 4  # of one name that are tried

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")

# Not for the internet either, and not known as such to every version of Python.
_PROTOCOLS_OWN = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("64:ff9b:1::/48"))

_attempt = threading.local()


class RefusedDestinationError(Exception):
    """The destination is not one that the outside may be told at."""


def begin(seconds: float) -> None:
    """All that this thread does on the network from now on is over within so many seconds."""
    _attempt.deadline = time.monotonic() + seconds


def refuse_private(address: str) -> None:
    """Raise for anything but a public address, whatever notation or tunnel it hides in."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64 or ip in _V4_COMPATIBLE:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            ip = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
    is_site_local = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local
    is_protocols_own = any(ip in network for network in _PROTOCOLS_OWN if network.version == ip.version)
    if not ip.is_global or ip.is_multicast or is_site_local or is_protocols_own:
        raise RefusedDestinationError(f"the address {address} is not public")


def transport() -> httpx.BaseTransport:
    return _Transport()


def _left(timeout: float | None, too_late: type[Exception]) -> float:
    left = _attempt.deadline - time.monotonic()
    if left <= 0:
        raise too_late("the time of this attempt is up")
    return left if timeout is None else min(timeout, left)


def _addresses(host: str, port: int) -> list[str]:
    """Python's own look-up knows no time-out."""
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except Exception as unknown:  # whatever it is, nobody waits for it in vain
            answer.put(unknown)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        found = answer.get(timeout=_left(LOOKUP, httpcore.ConnectTimeout))
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"{host}: the name server does not answer") from None
    if isinstance(found, Exception):
        raise httpcore.ConnectError(f"{host}: {found}") from found
    return found


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to the attempt's time, however slowly the other side drips."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _PublicNetwork(httpcore.SyncBackend):
    """Resolves a name once, and connects to the very addresses that were checked."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _addresses(host, port)
        if not settings.WEBHOOKS_ALLOW_PRIVATE:
            for address in addresses:
                refuse_private(address)
        problem: Exception = httpcore.ConnectError(f"{host}: no address")
        for address in addresses[:ADDRESSES]:
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.NetworkError, httpcore.TimeoutException) as failure:
                problem = failure
        raise problem


class _Transport(httpx.HTTPTransport):
    def __init__(self) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # httpx has no parameter for the network underneath; its pool has. Idle connections are let go before
        # most servers do, which would fail an attempt.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=_PublicNetwork(),
            max_connections=None,
            max_keepalive_connections=50,
            keepalive_expiry=4,
        )
