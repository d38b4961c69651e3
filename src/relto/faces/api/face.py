"""The face: a request is let in, bounded and read here; FastAPI finds its verb and checks what it says.

In order: the documents that everybody may read; who asks (401); the address (404) and what can be done there (405); the
body, within its limits (408, 413, 415, 429); what is said (422); then the verb, in one of a few threads. An act with
an idempotency key claims the key first (`relto.faces.verbs.once`).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Body, FastAPI, Path, Query
from fastapi import Request as ApiRequest
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response as ApiResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.domain.pause import pause_number
from relto.faces.api import events, models, strict
from relto.faces.api.openapi import described
from relto.faces.api.pages import page
from relto.faces.api.paging import paged
from relto.faces.api.problem import body_of, problem, problem_of
from relto.faces.http.body import Bodies
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import Refusal
from relto.faces.verbs import registry
from relto.faces.verbs.acts import recorded
from relto.faces.verbs.caller import Caller
from relto.faces.verbs.once import once
from relto.usecases.office import ASKING
from relto.usecases.publishing import GIVERS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from relto.domain.actor import Actor
    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Headers, Message, Request, Scope
    from relto.faces.http.room import Room
    from relto.faces.verbs.registry import Verb
    from relto.ports.store import IdempotencyRow
    from relto.usecases.accounts import Entry
    from relto.wiring import Opened

THREADS: Final = 8
"""Verbs that are worked on at once; one that gave something waits up to a second for it to be readable."""

WAITING_MAX: Final = 64
"""Requests that may wait for a thread; whoever comes beyond is told to come back."""

JSON_BYTES_MAX: Final = 256 * 1_024
FILES_BYTES_MAX: Final = 4 * 1_048_576
"""What a body of JSON may have, and what one with whole files in it."""

JSON_SECONDS: Final = 60.0
"""How long it may take; one of STIX may take longer."""

JSON_HELD: Final = 64
JSON_HELD_OF_ONE: Final = 4
"""Small bodies are held in a place of their own: whoever pauses does not wait behind those who send much."""

JSON: Final = b"application/json"

_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_TAG: Final = re.compile(r'"(\d{1,15})-[0-9a-f]{16}"')


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a request before its verb is: who asks, and what it brought."""

    entry: Entry
    headers: Mapping[bytes, bytes]
    raw: bytes
    value: Any
    digest: str

    @property
    def actor(self) -> Actor:
        """Who acts, for the record."""
        return self.entry.actor


class ApiFace:
    """Answers requests below `/api`. One for each process."""

    def __init__(self, opened: Opened, authentication: Authentication, inputs: Bodies, room: Room) -> None:
        """For this node. `inputs` reads STIX; there is `room` for so many bodies of any kind."""
        self._opened = opened
        self._authentication = authentication
        expansion = opened.config.limits.expansion
        self._bodies = {
            "stix": inputs,
            "files": Bodies(bytes_max=FILES_BYTES_MAX, expansion_max=expansion, room=room, seconds=JSON_SECONDS),
            "json": Bodies(
                bytes_max=JSON_BYTES_MAX,
                expansion_max=expansion,
                room=room,
                seconds=JSON_SECONDS,
                held=JSON_HELD,
                held_of_one=JSON_HELD_OF_ONE,
            ),
        }
        # A body may hold a password that somebody typed: what is kept of it, nobody without the key can try guesses on.
        self._key = hmac.digest(opened.key, b"relto idempotency", "sha256")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-api")
        self._waiting = 0
        self._events = events.Events(opened, self._in_thread)
        self._app = self._routes()
        document = described(self._app)
        self._open: dict[bytes, Response] = {
            b"/api/v1/openapi.json": Response(200, body_of(document), JSON),
            b"/api/docs": page(document),
        }

    async def quieten(self) -> None:
        """Ends the look-out for events."""
        await self._events.close()

    def close(self) -> None:
        """Ends the threads; what is under way is finished."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def answer(self, request: Request) -> tuple[str, Response]:
        """The route's name, for the metrics, and the response. Raises `ClientGone`."""
        path = request.path.rstrip(b"/")
        try:
            if path in self._open:
                return "api-open", self._public(request, self._open[path])
            entry = await self._authentication.entry(request)
            if path == events.PATH:
                return "api-events", await self._listened(request, entry)
            takes = self._takes(request)
            if not takes:
                return await self._routed(request, path, await self._asked(request, entry, path, b"", takes))
            _require_sender(entry.actor, takes)
            async with self._bodies[takes].read(request, self._threads, entry.account.name) as raw:
                return await self._routed(request, path, await self._asked(request, entry, path, raw, takes))
        except (Refusal, ReltoError) as error:
            return "api", problem_of(error)

    async def _listened(self, request: Request, entry: Entry) -> Response:
        if request.method != "GET":
            raise Refusal(405, "method-unknown", "this address has GET", headers=[(b"allow", b"GET")])

        async def admitted() -> Actor:
            return (await self._authentication.entry(request, using=False)).actor

        return await self._events.begin(request, entry.actor, admitted)

    @staticmethod
    def _public(request: Request, response: Response) -> Response:
        if request.method in {"GET", "HEAD"}:
            return replace(response, headers=list(response.headers))
        headers = [(b"allow", b"GET, HEAD")]
        return problem_of(Refusal(405, "method-unknown", "this address has GET and HEAD", headers=headers))

    # What a request brings.

    def _takes(self, request: Request) -> str:
        """The kind of body that is to be read; empty where none is, since nothing is done here by this method."""
        if request.method in {"GET", "HEAD"}:
            return ""
        scope = {**request.scope, "path": request.scope["path"].rstrip("/")}
        for route, verb in zip(self._app.router.routes, registry.VERBS, strict=True):
            if route.matches(scope)[0] is Match.FULL:
                return verb.takes
        return ""

    async def _asked(self, request: Request, entry: Entry, path: bytes, raw: bytes, takes: str) -> Asked:
        value = None
        if raw and takes != "stix":
            kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
            if kind != JSON:
                raise Refusal(415, "type-unknown", "a body is application/json")
            value = await self._in_thread(strict.read, raw)
        _require_single(request.query)
        return Asked(entry, request.headers, raw, value, self._digest(request, entry, path, raw))

    def _digest(self, request: Request, entry: Entry, path: bytes, raw: bytes) -> str:
        """What an idempotency key stands for: all that the answer hangs on. A token of fewer rights must not be given
        what one of more was answered, nor an act on one version what was done on another.
        """
        expected = request.headers.get(b"if-match")
        parts = (
            request.method.encode(),
            path,
            request.query,
            b"" if expected is None else b"=" + expected,
            ",".join(sorted(entry.account.roles)).encode(),
            ",".join(sorted(entry.scopes)).encode(),
            raw,
        )
        return hmac.digest(self._key, b"\0".join(parts), "sha256").hex()

    async def _routed(self, request: Request, path: bytes, asked: Asked) -> tuple[str, Response]:
        """Through FastAPI, whose answers are whole before they leave."""
        scope: Scope = {
            **request.scope,
            "method": "GET" if request.method == "HEAD" else request.method,
            "path": request.scope["path"].rstrip("/"),
            "raw_path": path,
            "relto.asked": asked,
            "relto.name": "api",
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": asked.raw, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets the one shape and no more
            return "api", problem_of(error)
        start = next(each for each in sent if each["type"] == "http.response.start")
        body = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
        headers: Headers = [(bytes(name).lower(), bytes(value)) for name, value in start["headers"]]
        kind = next((value for name, value in headers if name == b"content-type"), JSON)
        kept = [pair for pair in headers if pair[0] not in {b"content-type", b"content-length"}]
        return scope["relto.name"], Response(start["status"], body, kind, kept)

    # Routes.

    def _routes(self) -> FastAPI:
        app = FastAPI(
            title="Relto",
            version="1",
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            exception_handlers=cast("Any", {RequestValidationError: _told_invalid, HTTPException: _told_status}),
        )
        app.router.route_class = _StrictRoute
        for verb in registry.VERBS:
            app.add_api_route(
                registry.PREFIX + verb.path,
                self._endpoint(verb),
                methods=[verb.method],
                name=verb.name,
                operation_id=verb.name,
                summary=f"relto {verb.words}",
                description=verb.does,
                response_class=ApiResponse,
                tags=[verb.words.split(maxsplit=1)[0]],
            )
        return app

    def _endpoint(self, verb: Verb) -> Callable[..., Coroutine[Any, Any, ApiResponse]]:
        async def endpoint(request: ApiRequest, **given: Any) -> ApiResponse:
            request.scope["relto.name"] = f"api-{verb.name}"
            asked: Asked = request.scope["relto.asked"]
            said: dict[str, Any] = {}
            paging: tuple[int, str | None] | None = None
            for name, value in given.items():
                if name in {"query", "body"}:
                    said |= {each: getattr(value, each) for each in type(value).model_fields}
                else:
                    said[name] = value
            if verb.key:
                paging = (said.pop("limit"), said.pop("after"))
            if verb.takes == "stix":
                said["body"] = asked.raw
            try:
                response = await self._in_thread(self._answered, verb, asked, _plain(said), paging)
            except (Refusal, ReltoError) as error:
                response = problem_of(error)
            return _as_starlette(response)

        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [inspect.Parameter("request", keyword, annotation=ApiRequest)]
        for field in verb.fields:
            if field.where == "path":
                hint = models.path_type(field.type)
                parameters.append(
                    inspect.Parameter(field.parameter, keyword, annotation=Annotated[hint, Path(alias=field.name)])
                )
        for name, model, source in (
            ("query", models.query_model(verb), Query()),
            ("body", models.body_model(verb), Body()),
        ):
            if model is None:
                continue
            optional = name == "body" and not any(each.is_required() for each in model.model_fields.values())
            default = model() if optional else inspect.Parameter.empty
            parameters.append(inspect.Parameter(name, keyword, annotation=Annotated[model, source], default=default))
        endpoint.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # FastAPI reads it there
        return endpoint

    # The verb, in a thread.

    def _answered(
        self, verb: Verb, asked: Asked, said: Mapping[str, Any], paging: tuple[int, str | None] | None
    ) -> Response:
        key = asked.headers.get(b"idempotency-key")
        if not verb.acts or key is None:
            return self._done(verb, asked, said, paging, self._opened)
        if not _KEY.fullmatch(key):
            raise BadInput("idempotency-key-invalid", "a key is 1 to 255 visible characters of ASCII")
        return once(
            self._opened,
            account=asked.actor.account,
            key=key.decode(),
            digest=asked.digest,
            work=lambda opened: self._done(verb, asked, said, paging, opened),
            failed=problem_of,
            kept=lambda response: (response.status, response.body.decode() if verb.keeps else ""),
            again=lambda row: self._again(asked, row),
        )

    def _again(self, asked: Asked, row: IdempotencyRow) -> Response:
        """What was answered before; where that was not kept, what the record says of what was done."""
        status, body, kind = row.status or 200, row.answer.encode(), JSON
        if not body:
            found = [recorded(Caller(self._opened, asked.actor), number) for number in row.acts]
            status, body = 200, body_of(found[0] if len(found) == 1 else found)
        if status >= 400:
            kind = b"application/problem+json"
        return Response(status, body, kind, [(b"idempotency-replayed", b"true")])

    def _done(
        self,
        verb: Verb,
        asked: Asked,
        said: Mapping[str, Any],
        paging: tuple[int, str | None] | None,
        opened: Opened,
    ) -> Response:
        caller = Caller(opened, asked.actor, _expected(verb, asked, said), asked.entry.scopes)
        document = verb.function(caller, **said)
        headers: Headers = []
        if paging is not None:
            document, following = paged(document, verb.key, *paging)
            if following is not None:
                target = registry.PREFIX + verb.path.format_map({name: _quoted(value) for name, value in said.items()})
                query = {
                    name: value for name, value in said.items() if value is not None and f"{{{name}}}" not in verb.path
                }
                target += "?" + urlencode({**query, "limit": paging[0], "after": following}, doseq=True)
                headers.append((b"link", f'<{target}>; rel="next"'.encode()))
        body = body_of(document)
        if verb.etag and isinstance(document, dict) and document.get("version"):
            tag = f'"{document["version"]}-{hashlib.sha256(body).hexdigest()[:16]}"'
            headers.append((b"etag", tag.encode()))
            known = asked.headers.get(b"if-none-match", b"").decode("latin-1")
            if verb.method == "GET" and tag in {part.strip().removeprefix("W/") for part in known.split(",")}:
                return Response(304, b"", JSON, headers)
        return Response(200, body, JSON, headers)

    async def _in_thread(self, work: Callable[..., Any], *args: object) -> Any:
        if self._waiting >= THREADS + WAITING_MAX:
            raise Refusal(
                503, "unavailable", "the server cannot answer now: try again", headers=[(b"retry-after", b"2")]
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._waiting -= 1


def _require_sender(actor: Actor, takes: str) -> None:
    """Who may not send what is large is told so before it is read. Raises `Refused` `role-missing`."""
    if takes == "stix" and actor.roles.isdisjoint(GIVERS):
        actor.require("contributor", for_=(), host="", what="give items")
    # Files hold agreements, which officers give, or cases and articles, which contributors keep as well.
    if takes == "files" and actor.roles.isdisjoint({*ASKING, *GIVERS}):
        actor.require("officer", for_=(), host="", what="ask for acts")


class _StrictRequest(ApiRequest):
    """A request whose body was read already, strictly."""

    async def json(self) -> Any:
        """The value that was read."""
        asked: Asked = self.scope["relto.asked"]
        return asked.value


class _StrictRoute(APIRoute):
    """A route that hands such requests on."""

    def get_route_handler(self) -> Callable[[ApiRequest], Coroutine[Any, Any, ApiResponse]]:
        """As its parent's."""
        original = super().get_route_handler()

        async def handler(request: ApiRequest) -> ApiResponse:
            return await original(_StrictRequest(request.scope, request.receive))

        return handler


def _require_single(query: bytes) -> None:
    """Raises `Refusal` 400 where a name stands twice in the query, of which one would be lost."""
    try:
        names = [name for name, _ in parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=1_100)]
    except ValueError:
        raise Refusal(400, "query-invalid", "the query cannot be read") from None
    repeatable = {"topics", "items", "kinds", "parties"}
    if len(set(names)) != len(names) and any(names.count(name) > 1 for name in set(names) - repeatable):
        raise Refusal(400, "query-invalid", "a name stands twice in the query")


def _plain(value: Any) -> Any:
    """What the models made, as plain values."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _expected(verb: Verb, asked: Asked, said: Mapping[str, Any]) -> dict[str, int]:
    """What `If-Match` asks for. Raises `BadInput` `precondition-invalid`, `Refused` `precondition-failed`."""
    header = asked.headers.get(b"if-match")
    if header is None or verb.method == "GET":
        return {}
    if not verb.etag:
        raise BadInput("precondition-invalid", "this address knows no `If-Match`: nothing here has a version")
    names = said["pauses"] if "pauses" in said else [said[verb.etag]]
    if len(names) != 1:
        raise BadInput("precondition-invalid", "`If-Match` goes with one pause at a time")
    text = header.decode("latin-1").strip()
    if text == "*":
        return {}
    found = _TAG.fullmatch(text)
    if found is None:
        raise Refused("precondition-failed", "`If-Match` holds no `ETag` of this resource", remedy="look at it again")
    name = str(names[0])
    return {f"{verb.etag} {pause_number(name) if verb.etag == 'pause' else name}": int(found[1])}


def _quoted(value: Any) -> str:
    return quote(str(value), safe="")


def _as_starlette(response: Response) -> ApiResponse:
    made = ApiResponse(response.body, response.status)
    made.raw_headers = [(b"content-type", response.type), *response.headers]
    return made


async def _told_invalid(_request: ApiRequest, error: RequestValidationError) -> ApiResponse:
    wrong = [
        {"where": ".".join(str(part) for part in each["loc"]), "message": str(each["msg"])} for each in error.errors()
    ]
    first = wrong[0] if wrong else {"where": "the request", "message": "it cannot be used"}
    detail = f"`{first['where'][:200]}`: {first['message'][:200]}"
    data = {"errors": [{name: text[:200] for name, text in each.items()} for each in wrong[:20]]}
    return _as_starlette(problem(422, "request-invalid", detail, kind="bad-input", data=data))


async def _told_status(_request: ApiRequest, error: HTTPException) -> ApiResponse:
    allow = (error.headers or {}).get("allow") or (error.headers or {}).get("Allow")
    if error.status_code == 405:
        headers: Headers = [(b"allow", allow.encode())] if allow else []
        refusal = Refusal(405, "method-unknown", "this address cannot do that", headers=headers)
    elif error.status_code == 404:
        refusal = Refusal(404, "address-unknown", "there is nothing at this address")
    else:
        refusal = Refusal(400, "request-malformed", "the request cannot be read")
    return _as_starlette(problem_of(refusal))
