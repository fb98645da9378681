"""HTTP/1.1 around the sandbox, with the standard library: one thread per connection, kept open."""

from __future__ import annotations

import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from payments.sandbox.app import App
from payments.sandbox.messages import Request, Response, as_json

LARGEST_BODY = 1_000_000


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # The default of 5 would turn a crowd's connections away.
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.app: App | None = None

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours; what is one has been answered with 500."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    timeout = 75
    # Head and body of an answer leave together.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_GET  # noqa: N815
    do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: what was asked and sent is shown by the controls."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._write(Response(413, b""))
            return
        address = urlsplit(self.path)
        request = Request(
            self.command,
            address.path,
            address.query,
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        assert self.server.app is not None  # noqa: S101
        try:
            response = self.server.app(request)
        except Exception:
            sys.stderr.write(traceback.format_exc())
            response = as_json(500, {"error": {"message": "An unknown error occurred", "type": "api_error"}})
        if response.lost:
            self.close_connection = True
            return
        self._write(response)

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)
