"""An SMS gateway on loopback: it keeps what it gets, and answers what it is told to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Posted(msgspec.Struct):
    """What the gateway got: the path, the headers in lower case, and the body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Gateway(msgspec.Struct):
    """A real HTTP server. `status`, `answer` and `location` are what it replies, after `pause` seconds."""

    port: int = 0
    status: int = 200
    answer: str = ""
    location: str | None = None
    pause: float = 0.0
    posted: list[Posted] = msgspec.field(default_factory=list)

    def url(self, user: str = "", path: str = "/send") -> str:
        return f"http://{user}127.0.0.1:{self.port}{path}"


@contextmanager
def sms_gateway(given: Gateway | None = None) -> Iterator[Gateway]:
    """Listens on a port that was free, or on the gateway's."""
    gateway = given or Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            gateway.posted.append(Posted(self.path, headers, json.loads(self.rfile.read(length))))
            time.sleep(gateway.pause)
            body = gateway.answer.encode()
            self.send_response(gateway.status)
            self.send_header("content-length", str(len(body)))
            if gateway.location is not None:
                self.send_header("location", gateway.location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", gateway.port), Handler)
    gateway.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
