"""Running the server: a port, the address for the person, and an end that leaves nothing half done."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import uvicorn

from sambaseg.errors import UsageError
from sambaseg.server.app import create_app
from sambaseg.server.garbage import leave_out_what_is_loaded
from sambaseg.server.logs import set_up_logs
from sambaseg.server.new_project import open_sample
from sambaseg.server.services import Services
from sambaseg.settings import Settings

DEFAULT_PORT = Settings.__dataclass_fields__["port"].default
PORTS_TRIED = 20
SECONDS_TO_END = 5
SWITCH_SECONDS = 0.0005
"""How long a thread may keep the others from running Python: a request changes threads several times, and each change
could take Python's usual 5 ms while a job runs."""


def run_server(settings: Settings, *, open_browser: bool, sample: str | None = None) -> None:
    """Serve the projects in ``settings.data_dir`` until Ctrl+C or SIGTERM, and print the address that opens the page.

    Where the default port is taken, the next free one is used. With `sample`, a project of that sample micrograph is
    opened, and made before if there is none. Raises UsageError where the address cannot be used, NotFoundError for an
    unknown sample.
    """
    _check_reachable(settings, sample)
    with contextlib.closing(bind_port(settings.host, settings.port)) as listener:
        settings = replace(settings, port=int(listener.getsockname()[1]))
        app = create_app(settings)
        services: Services = app.state.services
        address = _address(services, sample)

        def announce() -> None:
            leave_out_what_is_loaded()
            print(f"sambaseg runs at {address}\nPress Ctrl+C to stop it.{_advice(services)}", flush=True)
            if open_browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        set_up_logs(settings.log)
        sys.setswitchinterval(SWITCH_SECONDS)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_END,
            forwarded_allow_ips=settings.trusted_proxies if settings.has_accounts else None,
        )
        LocalServer(config, started=announce, stopping=services.stop).run(sockets=[listener])


def _check_reachable(settings: Settings, sample: str | None) -> None:
    """Raise UsageError where accounts are asked for in a way that nobody could use."""
    if not settings.has_accounts:
        return
    if sample is not None:
        raise UsageError("A sample is opened at the start in local mode only.", hint="Choose a sample on the page.")
    if settings.host in ("0.0.0.0", "::", "") and not settings.public_url:
        raise UsageError(
            f"At {settings.host or 'all addresses'} the server must know the address that people use.",
            hint="Set SAMBASEG_PUBLIC_URL, such as https://example.org.",
        )


def _address(services: Services, sample: str | None) -> str:
    """Return the address that opens the page; in local mode with the token, and the sample's project."""
    if services.settings.has_accounts:
        return f"{services.page_address}/"
    place = "" if sample is None else f"#/project/{open_sample(services, sample).id}"
    settings = services.settings
    return f"http://{_in_address(settings.host)}:{settings.port}/?token={services.token}{place}"


def _advice(services: Services) -> str:
    if services.settings.has_accounts and not services.accounts.people.has_admin():
        return "\nNobody is administrator yet: `sambaseg accounts add LOGIN --admin` makes one."
    return ""


class LocalServer(uvicorn.Server):
    """Uvicorn that tells when it is up and when it stops, and takes Ctrl+C and SIGTERM as a wish, not as an error."""

    def __init__(self, config: uvicorn.Config, *, started: Callable[[], None], stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started
        self._tell_stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then tell."""
        await super().startup(sockets)
        self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first: uvicorn waits for all answers to be complete."""
        self._tell_stopping()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at the first signal, and at once at the second."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


def bind_port(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host`:`port`, or to the next free port where the default one is taken.

    Raises UsageError where that is not possible.
    """
    for candidate in range(port, port + PORTS_TRIED) if port == DEFAULT_PORT else (port,):
        try:
            return _bind(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UsageError(
                    f"The server cannot listen at {host}:{port}: {error.strerror}.",
                    hint="Leave SAMBASEG_HOST out to serve this machine only.",
                ) from None
    raise UsageError(
        f"Port {port} of {host} is in use by another program.", hint="Choose another with SAMBASEG_PORT; 0 takes any."
    )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named: 40 ms a request otherwise
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there the option would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)  # from here on the port is taken; who comes early waits
    except OSError:
        listener.close()
        raise
    return listener


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
