"""balmis serve, web and worker: the program that people use."""

import os
import resource
import socket
import sys
from typing import Annotated

import typer

from balmis.cli.runtime import open_database, say
from balmis.cli.runtime_start import loading
from balmis.cli.serve_parts import Database, Part, stop_all, supervise
from balmis.core.errors import Unusable

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)]


def serve(host: Host = "127.0.0.1", port: Port = 8321) -> None:
    """Run everything for one machine: database, pages, API and background worker. What ends comes back
    by itself."""
    _check_port(host, port)
    os.environ.setdefault("BALMIS_URL", f"http://{host}:{port}")
    own = not os.environ.get("DATABASE_URL")
    open_database()
    os.environ.pop("BALMIS_OWNER_URL", None)  # the parts act as the program
    command = [sys.executable, "-m", "balmis.cli"]
    parts = [
        Part("The pages", [*command, "web", "--host", host, "--port", str(port)]),
        Part("The worker", [*command, "worker"]),
    ]
    say(f"Balmis serves http://{host}:{port}/  (stop with Ctrl-C)")
    try:
        supervise(parts, Database() if own else None)
    finally:
        stop_all(parts)


def _check_port(host: str, port: int) -> None:
    """Raises Unusable when another program listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unusable(
                f"Port {port} of {host} cannot be used: {error.strerror}. "
                "Choose another with --port."
            ) from None


def _leave_no_dump() -> None:
    """A process that ends badly writes none of its memory to the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def web(host: Host = "127.0.0.1", port: Port = 8321) -> None:
    """Serve pages and API only; the database is that of DATABASE_URL."""
    _leave_no_dump()
    os.environ.setdefault("BALMIS_POOL", "20")
    _check_port(host, port)
    with loading():
        open_database()
        import uvicorn
        from django.urls import get_resolver

        from balmis.cli.check import lacking_fonts
        from balmis.config.asgi import application

        for line in lacking_fonts():
            say(line)
        _ = get_resolver().url_patterns  # all pages: the first to ask would wait for them else
    uvicorn.run(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=15,
        proxy_headers=False,
        server_header=False,
    )


def gate(host: Host = "127.0.0.1", port: Port = 8322) -> None:
    """Serve the booking gate only, on the database of DATABASE_URL; as many as are needed."""
    _leave_no_dump()
    _check_port(host, port)
    with loading():
        open_database()
        import uvicorn

        from balmis.config.asgi import gate_app

    uvicorn.run(
        gate_app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        proxy_headers=False,
        server_header=False,
    )


def worker() -> None:
    """Do the background work only: deliver messages, count days."""
    _leave_no_dump()
    open_database()
    from balmis.worker.jobs import run_worker

    run_worker()
