"""The web server in the gateway's own loop: its socket, its limits, and an end that comes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from devices.errors import MenshenError
from gateway.web.connection import PatientConnection

STOP_WITHIN_S = 1  # the gateway as a whole stops within 5 s


class PortTakenError(MenshenError):
    """The page can't listen where the site file says."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the page's port at once; PortTakenError says how to mend it. Port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        what = f"the page can't listen on {host}:{port} ({error.strerror}); "
        msg = what + "stop what uses it, or write another web: {listen: …} in the site file"
        raise PortTakenError(msg) from error
    return bound


class WebServer(uvicorn.Server):
    """uvicorn without its own signal handlers: the gateway stops it with `should_exit`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the gateway."""
        yield


def web_server(app: FastAPI, *, cert: Path | None = None, key: Path | None = None) -> WebServer:
    """Build the server; `await server.serve(sockets=[listen(…)])` runs it in this loop."""
    return WebServer(
        uvicorn.Config(
            app,
            http=PatientConnection,
            lifespan="off",
            ws="none",
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            ssl_certfile=cert,
            ssl_keyfile=key,
        )
    )
