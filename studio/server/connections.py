"""Connections: what one may take before it has said what it wants. uvicorn itself waits for a header for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 15.0
MAX_HEADER_BYTES = 64 << 10


class BoundedHttp(HttpToolsProtocol):
    """HTTP whose request line and headers must be short, and there in time; else the connection is closed."""

    _deadline: asyncio.TimerHandle | None = None
    _header_bytes = 0
    _is_in_header = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a header."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of no body are counted, and what comes after an answer must come to its end in time."""
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        self._header_bytes += len(data)  # until some of them are found to be of a body
        super().data_received(data)
        if self._header_bytes <= MAX_HEADER_BYTES:
            return
        if self._is_in_header:
            self._refuse()
        else:  # trailers or an extension of a chunk; an answer may be under way
            self._drop()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what stands behind a body is none, or a credential could be hidden there."""
        if self._is_in_header:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > MAX_HEADER_BYTES:
            self._refuse()
            return
        self._stop_waiting()
        self._is_in_header = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body, unless its header was refused."""
        self._header_bytes = 0
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request, unless its header was refused; the next bytes are of a header."""
        self._is_in_header, self._header_bytes = True, 0
        if not self.transport.is_closing():
            super().on_message_complete()

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._drop)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _drop(self) -> None:
        """Close a connection that does not say what it wants; at once, since it may not read either."""
        self._deadline = None
        transport: Any = self.transport
        transport.abort()
