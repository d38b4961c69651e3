"""`relto serve`: one process, or several that share a listening socket, until they are told to stop.

SIGTERM and SIGINT end it within seconds: no new connections, what is under way is finished, then the node is closed.
A worker that dies by itself is replaced. Encryption is TLS 1.2 or later with forward secrecy, and no early data.
"""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput, Unreachable
from relto.wiring import adopt_topics, open_node

if TYPE_CHECKING:
    import uvicorn

    from relto.config import Config

LOG: Final = logging.getLogger("relto.http")

STOP_SECONDS: Final = 5
"""How long what is under way may take once the server is told to stop."""

SWITCH_SECONDS: Final = 0.0005
"""How long a thread keeps its turn while another waits for one: a page gives its turn up at each question to the
database, and must not wait long behind an envelope that is being judged.
"""

COLLECTION_OBJECTS: Final = 10_000
"""How many objects are made before Python looks for circles among them: a page makes a thousand, and no circle."""

BACKLOG: Final = 2_048
KEEP_ALIVE_SECONDS: Final = 75
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; what is left keeps no suite that RFC 7540 appendix A lists. Those of TLS 1.3 are all good."""

RESTARTS_MAX: Final = 10
"""Workers that may die within a minute of their start; one more, and the whole server gives up."""

NUMBERS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client looks for the folder that several processes share."""


def serve(config: Config, *, ready: Callable[[str], None] | None = None) -> int:
    """Serves until a signal ends it; the exit status, 0 where all went well.

    `ready` is called once with the base URL when connections are taken. Raises `Unreachable`, `Refused` or `BadInput`
    where it cannot begin.
    """
    _log_as(config)
    context = _tls(config)
    with open_node(config) as opened:
        adopt_topics(opened)
    with _listening(config) as listener:
        if ready is not None:
            ready(_url(config, listener))
        if config.server.workers == 1:
            return run(config, listener, context, folder=None)
        return _supervise(config, listener, context)


def run(config: Config, listener: socket.socket, context: ssl.SSLContext | None, *, folder: Path | None) -> int:
    """Serves in this process. `folder`: where several processes keep their numbers."""
    made = server(config, context, folder=folder)
    sys.setswitchinterval(SWITCH_SECONDS)
    # What was imported stays: looking through it again and again would stop every page for as long as ten take.
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTION_OBJECTS, *gc.get_threshold()[1:])

    def stop(_number: int, _frame: object) -> None:
        made.should_exit = True

    # For what comes before the server minds signals, and for the one that it raises again when it has ended.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    made.run(sockets=[listener])
    return 0 if made.started else 3


def server(config: Config, context: ssl.SSLContext | None, *, folder: Path | None = None) -> uvicorn.Server:
    """A server for this node, not yet running; whoever runs it hands in the listening socket."""
    # Imported here, and prometheus-client with it: that asks while it is imported whether there are several processes.
    import uvicorn  # noqa: PLC0415 - see above

    from relto.faces.application import Application  # noqa: PLC0415 - see above
    from relto.faces.http.metrics import Metrics  # noqa: PLC0415 - see above
    from relto.faces.http.protocol import Protocol  # noqa: PLC0415 - see above

    settings = uvicorn.Config(
        Application(config, lambda: open_node(config), Metrics(folder)),
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    settings.load()
    settings.ssl = context
    return uvicorn.Server(settings)


def _url(config: Config, listener: socket.socket) -> str:
    host = f"[{config.server.host}]" if ":" in config.server.host else config.server.host
    return f"{'https' if config.tls.cert else 'http'}://{host}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def _listening(config: Config) -> Iterator[socket.socket]:
    address = (config.server.host, config.server.port)
    try:
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.create_server(address, family=family, backlog=BACKLOG, reuse_port=False)
    except OSError as error:
        # Python adds the address once more, in its own form.
        reason = (error.strerror or str(error)).partition(" (while")[0].lower()
        message = f"cannot listen on `{address[0]}` port {address[1]}: {reason}"
        raise Unreachable("listen-failed", message, remedy="choose another --host or --port") from error
    with listener:
        listener.set_inheritable(True)
        yield listener


def _tls(config: Config) -> ssl.SSLContext | None:
    if not config.tls.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(config.tls.cert, config.tls.key)
        if config.tls.client_certificates != "off":
            context.load_verify_locations(config.tls.client_ca)
            required = config.tls.client_certificates == "required"
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        message = f"the certificate or its key cannot be used: {error}"
        raise BadInput(
            "tls-unusable",
            message,
            remedy="--tls-cert and --tls-key take PEM files that belong together, `tls.client_ca` one of authorities",
        ) from error
    return context


# Several processes.


def _supervise(config: Config, listener: socket.socket, context: ssl.SSLContext | None) -> int:
    folder = Path(tempfile.mkdtemp(prefix="relto-metrics-"))
    os.environ[NUMBERS_VARIABLE] = str(folder)
    forking = multiprocessing.get_context("fork")
    told, tell = os.pipe()

    def begin() -> BaseProcess:
        # A fork before anything was opened: no thread and no connection is carried over.
        worker = forking.Process(target=_work, args=(config, listener, context, folder))
        worker.start()
        return worker

    for number in (signal.SIGTERM, signal.SIGINT):
        # A handler may come between any two steps, so it leaves a word and does nothing itself.
        signal.signal(number, lambda *_: os.write(tell, b"."))
    workers = [begin() for _ in range(config.server.workers)]
    try:
        return _replace_until(told, workers, begin)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(STOP_SECONDS + 2)
            # Nothing under way may keep it beyond its time; what was not answered was not durable either.
            worker.kill()
            worker.join()
        shutil.rmtree(folder, ignore_errors=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.close(told)
        os.close(tell)


def _replace_until(told: int, workers: list[BaseProcess], begin: Callable[[], BaseProcess]) -> int:
    """Replaces workers that die until a byte can be read from `told` (0), or until too many have died (3)."""
    died: list[float] = []
    while told not in wait([told, *(worker.sentinel for worker in workers)]):
        for index, worker in enumerate(workers):
            if worker.is_alive():
                continue
            LOG.error("a server process ended with status %s", worker.exitcode)
            now = time.monotonic()
            died = [*(at for at in died if now - at < 60), now]
            if len(died) > RESTARTS_MAX:
                LOG.error("too many server processes end: giving up")
                return 3
            workers[index] = begin()
    return 0


def _work(config: Config, listener: socket.socket, context: ssl.SSLContext | None, folder: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    sys.exit(run(config, listener, context, folder=folder))


# What is written on standard error.


class _AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its traceback, where it has one."""
        line = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _log_as(config: Config) -> None:
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(_AsJson() if config.log.format == "json" else text)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.log.level.upper())
    # It tells each step of its own starting and stopping, and each sender of nonsense: nothing to whoever serves Relto.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
