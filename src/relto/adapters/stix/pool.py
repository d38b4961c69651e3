"""Validation in several processes: the same answers in the same order, sooner.

Chunks of pieces go to worker processes, never more than a few at once, so memory stays bounded however fast the input
comes. To each worker (`adapters/processes.py`) one chunk goes out and its answers come back, in turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Final

import msgspec

from relto.adapters.processes import Worker
from relto.adapters.stix.check import StixValidator
from relto.domain.errors import Unreachable
from relto.domain.item import Header, Reject
from relto.ports.intake import Piece

CHUNK_PIECES: Final = 256
"""How many pieces travel together at most: enough to hide the cost of a journey."""

CHUNK_BYTES: Final = 4 * 1024 * 1024
"""How many bytes travel together, but for the last piece: a chunk of the longest objects must not fill the memory."""

CHUNKS_PER_WORKER: Final = 3
"""How many chunks may be under way for each worker: one in work, one waiting, one on its way back."""

WORKERS_MAX: Final = 64

_Chunk = list[tuple[bytes, str]]
_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(tuple[int, _Chunk])
_decoder = msgspec.msgpack.Decoder(tuple[list[Header], list[tuple[int, Reject]]])


@dataclass(frozen=True, slots=True)
class Validation:
    """`ports/validator.py` with `workers` processes; with none, everything is done here."""

    workers: int = 0

    def validated(self, pieces: Iterable[Piece], *, now_us: int) -> Iterator[Header | Reject]:
        """Keep the promise of the port."""
        if self.workers <= 0:
            check = StixValidator().check
            return (check(piece.raw, where=piece.where, now_us=now_us) for piece in pieces)
        return _in_processes(pieces, min(self.workers, WORKERS_MAX), now_us)


def _in_processes(pieces: Iterable[Piece], workers: int, now_us: int) -> Iterator[Header | Reject]:
    crew = _Crew(workers)
    under_way: deque[Future[bytes]] = deque()
    fault: Exception | None = None
    chunks = _chunks(iter(pieces))
    try:
        while True:
            while fault is None and len(under_way) < workers * CHUNKS_PER_WORKER:
                try:
                    chunk = next(chunks, None)
                except Exception as error:  # noqa: BLE001 -- whatever it is, it is raised below, in its turn.
                    fault = error
                    break
                if chunk is None:
                    break
                under_way.append(crew.judge(chunk, now_us))
            if not under_way:
                break
            yield from _in_order(under_way.popleft().result())
        if fault is not None:
            raise fault
    finally:
        crew.dismiss()


class _Crew:
    """The workers, and for each a thread that talks to it: it waits while the worker works."""

    def __init__(self, size: int) -> None:
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="validation")
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._workers: list[Worker] = []
        for _ in range(size):
            worker = Worker(_serve)
            self._workers.append(worker)
            self._idle.put(worker)

    def judge(self, chunk: _Chunk, now_us: int) -> Future[bytes]:
        return self._threads.submit(self._ask, _encoder.encode((now_us, chunk)))

    def _ask(self, request: bytes) -> bytes:
        worker = self._idle.get()
        try:
            worker.connection.send_bytes(request)
            return worker.connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise Unreachable(
                "worker-died",
                "a process that validates objects died",
                remedy="ingest the input again: what is in already is not stored twice",
            ) from error
        finally:
            self._idle.put(worker)

    def dismiss(self) -> None:
        # First nothing new is begun, then what is under way is cut off, so that no thread is left waiting for it.
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.bury()


def _serve(connection: Connection) -> None:
    """Answer requests until the parent closes the connection or is gone."""
    while True:
        try:
            now_us, chunk = _request_decoder.decode(connection.recv_bytes())
            connection.send_bytes(_judge(chunk, now_us))
        except (EOFError, OSError):
            return


def _chunks(pieces: Iterator[Piece]) -> Iterator[_Chunk]:
    """Yield chunks; before a fault of `pieces` is raised, what came ahead of it is yielded."""
    chunk: _Chunk = []
    size = 0
    fault: Exception | None = None
    while fault is None:
        try:
            piece = next(pieces, None)
        except Exception as error:  # noqa: BLE001 -- raised below, after what came before it.
            fault = error
            break
        if piece is None:
            break
        chunk.append((piece.raw, piece.where))
        size += len(piece.raw)
        if len(chunk) >= CHUNK_PIECES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
    if fault is not None:
        raise fault


def _judge(chunk: _Chunk, now_us: int) -> bytes:
    """Run in a worker. Headers and rejects come back apart, since one list of both would need a tag on each."""
    check = StixValidator().check
    headers: list[Header] = []
    rejects: list[tuple[int, Reject]] = []
    for index, (raw, where) in enumerate(chunk):
        answer = check(raw, where=where, now_us=now_us)
        if isinstance(answer, Header):
            headers.append(answer)
        else:
            rejects.append((index, answer))
    return _encoder.encode((headers, rejects))


def _in_order(answers: bytes) -> Iterator[Header | Reject]:
    headers, rejects = _decoder.decode(answers)
    at = 0
    rest = iter(headers)
    for index, reject in rejects:
        yield from islice(rest, index - at)
        yield reject
        at = index + 1
    yield from rest
