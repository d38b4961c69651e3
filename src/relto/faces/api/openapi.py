"""The API described: OpenAPI 3.1, made by FastAPI from the models, with examples and the one shape of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.faces.verbs import registry

if TYPE_CHECKING:
    from fastapi import FastAPI

TEXT: Final = """The verbs of the command line, by the same words. What they answer is what `relto … --json` prints.

Come in by HTTP Basic or with a token. Errors have one shape (RFC 9457). Acts take an `Idempotency-Key`; agreements and
pauses have an `ETag`, and take `If-Match`; lists go on at the address of `Link: …; rel="next"`."""

_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457. `kind`: `bad-input`, `unknown`, `refused`, `conflict`, `not-built` or `unreachable`.",
    "required": ["type", "title", "status", "detail", "code", "kind", "error_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "kind": {"type": "string"},
        "error_id": {"type": "string"},
        "remedy": {"type": "string"},
        "data": {"type": "object"},
    },
}


def described(app: FastAPI) -> dict[str, Any]:
    """The document."""
    document = app.openapi()
    document["info"]["description"] = TEXT
    document["openapi"] = "3.1.0"
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    parts["securitySchemes"] = {
        "basic": {"type": "http", "scheme": "basic"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    document["security"] = [{"basic": []}, {"token": []}]
    for verb in registry.VERBS:
        _tell(document["paths"][registry.PREFIX + verb.path][verb.method.lower()], verb)
    document["paths"][f"{registry.PREFIX}/events"] = {"get": _events()}
    return document


def _tell(operation: dict[str, Any], verb: registry.Verb) -> None:
    kind = {"type": "array", "items": {"type": "object"}} if verb.key else {"type": ["object", "array"]}
    answers: dict[str, Any] = {
        "200": {"description": "done", "content": {"application/json": {"schema": kind}}},
        "default": _refused(),
    }
    more: list[dict[str, Any]] = []
    if verb.key:
        text = "where there is more: the address of the next page, `rel=next`"
        answers["200"]["headers"] = {"Link": {"description": text, "schema": {"type": "string"}}}
    if verb.acts:
        text = "any text, new for each act: a request that comes again under it is not done again"
        more.append(_header("Idempotency-Key", text, pattern="^[!-~]{1,255}$"))
    if verb.etag and verb.method == "GET":
        answers["304"] = {"description": "as it was"}
        answers["200"]["headers"] = {"ETag": {"description": "its version", "schema": {"type": "string"}}}
        more.append(_header("If-None-Match", "an `ETag` that is known: 304 where it is as it was"))
    elif verb.etag:
        more.append(_header("If-Match", "the `ETag` that it has by whoever asks: 412 where it has another"))
    operation["responses"] = answers
    if more:
        operation["parameters"] = [*operation.get("parameters", []), *more]
    if verb.takes == "stix":
        schema = {"type": "string", "format": "binary"}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": schema}}}
        return
    body = operation.get("requestBody")
    in_body = {each.name for each in verb.fields if each.where == "body"}
    example = {name: value for name, value in verb.example.items() if name in in_body}
    if body and example:
        body["content"]["application/json"]["example"] = example
    for each in operation.get("parameters", []):
        if each["name"] in verb.example:
            each["example"] = verb.example[each["name"]]


def _events() -> dict[str, Any]:
    return {
        "summary": "acts and notices, as they happen",
        "description": (
            "Server-sent events: `event: act`, with the act as `act show` gives it, and `event: notice`, with the"
            " notice as `inbox` gives it."
        ),
        "operationId": "events",
        "tags": ["events"],
        "parameters": [_header("Last-Event-ID", "the last event that was seen: those behind it come first")],
        "responses": {
            "200": {"description": "a stream", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            "default": _refused(),
        },
    }


def _header(name: str, text: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string", **schema},
    }  # fmt: skip


def _refused() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "not done, and why", "content": {"application/problem+json": {"schema": schema}}}
