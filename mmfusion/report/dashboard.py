"""`mmfusion dashboard`: the page, fed while runs go on, for nobody but this machine."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mmfusion import __version__
from mmfusion.config.errors import ConfigError
from mmfusion.report.built_sections import build_sections
from mmfusion.report.html import page
from mmfusion.report.live import Live
from mmfusion.report.sections._base import ReportSection

HOST, PORT = "127.0.0.1", 8765
NAMED = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
"""What a browser may call this machine, on any port: a tunnel's differs from ours."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def dashboard(folder: str, port: int = PORT, sections: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Serve the page of all runs in or below a folder until Ctrl-C, on the loopback address; port 0 is a free one.

    Raises:
        ConfigError: there is no such folder, or the port is taken.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise ConfigError(f"{folder} is not a folder: a dashboard shows the runs in one, such as outputs")
    built = build_sections(sections)
    taken = _bind(port)
    print(f"mmfusion dashboard: http://{HOST}:{taken.getsockname()[1]}  shows {folder}; Ctrl-C ends it", flush=True)
    config = uvicorn.Config(
        application(path, built),
        log_level="warning",
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        timeout_graceful_shutdown=2,
    )
    # Uvicorn ends what it has open, and then hands the interrupt on.
    with taken, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[taken])


def application(folder: Path, sections: Mapping[str, ReportSection] | None = None) -> ASGIApp:
    """The two things that can be requested: the page, and what has changed. No path of the disk ever is."""
    live = Live(folder, sections=sections)
    foot = f"Served by mmfusion {__version__}; reads, and never writes, what is in this folder."
    title = f"{live.folder.name} · dashboard"
    shell = page({"title": title, "about": str(live.folder), "foot": foot, "live": True})

    def index(request: Request) -> Response:
        return HTMLResponse(shell)

    def data(request: Request) -> Response:
        version = request.query_params.get("version", "0")
        # What is no version is an old page's, or nobody's: it gets everything.
        number = int(version) if version.isascii() and version.isdecimal() and len(version) < 16 else 0
        return Response(live.since(number, request.query_params.get("server", "")), media_type="application/json")

    return Guard(Starlette(routes=[Route("/", index), Route("/data", data)]))


class Guard:
    """Refuses a request to another name, so that a page elsewhere cannot have its own name lead here."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if not NAMED.fullmatch(host):
            refusal = PlainTextResponse(f"{host!r} is not this machine; ask for {HOST}\n", 421, headers=HEADERS)
            await refusal(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.inner(scope, receive, with_headers)


def _bind(port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ConfigError(f"--port: expected 0 to 65535, found {port}")
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            why = "is taken" if error.errno == errno.EADDRINUSE else "needs more rights"
            raise ConfigError(f"--port {port} {why}; --port 0 takes a free one") from None
        raise
