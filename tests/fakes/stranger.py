"""Strangers: a real server on this machine that behaves as a test says, and certificates for it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.contextmanager
def running(opening: Callable[[], Awaitable[asyncio.Server]]) -> Iterator[int]:
    """The port of a server of asyncio, in a loop and a thread of its own; what is still under way at the end is broken
    off.
    """
    loop = asyncio.new_event_loop()
    ports: list[int] = []
    ready, stopped = threading.Event(), asyncio.Event()

    async def serve() -> None:
        server = await opening()
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stopped.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Whoever calls may go whenever it likes; that is what many tests are about.
    loop.set_exception_handler(lambda *_: None)
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()
        loop.close()


def listening(behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> contextlib.AbstractContextManager[int]:
    """The port of a server that treats each connection so."""

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                await behaviour(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    return running(lambda: asyncio.start_server(treat, "127.0.0.1", 0, ssl=tls))


@dataclass(frozen=True)
class Certificates:
    """`ca`: the file to trust; `server`: a context that proves to be the names it was made out for."""

    ca: str
    server: ssl.SSLContext


def certified(folder: Path, *names: str) -> Certificates:
    """A certificate for these names and addresses, signed by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a stranger")])
    now = dt.datetime.now(dt.UTC)
    listed = [x509.IPAddress(ipaddress.ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(listed), critical=False)
        .sign(key, hashes.SHA256())
    )
    ca, secret = folder / "ca.pem", folder / "key.pem"
    ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, secret)
    return Certificates(str(ca), context)
