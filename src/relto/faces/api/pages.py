"""`/api/docs`: the description as one page of plain HTML, which asks nobody for anything and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any, Final

from relto.faces.http.exchange import Response

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1rem}code,pre{font-family:ui-monospace,monospace;"
    "background:#f4f4f4}code{padding:.1em .3em}pre{padding:.8rem;overflow:auto}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(document: dict[str, Any]) -> Response:
    """The page of this description."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>Relto: HTTP API</title><style>{_STYLE}</style><h1>HTTP API of Relto</h1>",
        *(f"<p>{_words(text)}</p>" for text in document["info"]["description"].split("\n\n")),
        "<p>The same for programs: <a href='/api/v1/openapi.json'>openapi.json</a></p>",
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(document, method.upper(), path, operation))
    headers = [
        (b"content-security-policy", POLICY.encode()),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
    ]
    return Response(200, "".join(parts).encode(), b"text/html; charset=utf-8", headers)


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    name = escape(operation["operationId"])
    parts = [
        f"<h2 id='{name}'>{escape(operation['summary'])}</h2><p><code>{method} {escape(path)}</code></p>",
        f"<p>{_words(operation.get('description', ''))}</p>",
    ]
    rows = [
        (each["name"], each["in"], each.get("required", False), _kind(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", [])
    ]
    content = operation.get("requestBody", {}).get("content", {})
    for kind, body in content.items():
        schema = body["schema"]
        schema = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
        needed = schema.get("required", [])
        rows += [
            (field, "body", field in needed, _kind(each), each.get("description", ""))
            for field, each in schema.get("properties", {}).items()
        ]
        if kind != "application/json":
            rows.append(("", "body", True, kind, ""))
    if rows:
        cells = "".join(
            f"<tr><td><code>{escape(field)}</code><td>{where}<td>{'required' if required else ''}<td>{escape(kind)}"
            f"<td>{_words(text)}"
            for field, where, required, kind, text in rows
        )
        parts.append(f"<table><tr><th>name<th>in<th><th>kind<th>{cells}</table>")
    example = content.get("application/json", {}).get("example")
    if example:
        parts.append(f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>")
    return "".join(parts)


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("const") or schema.get("type") or schema.get("$ref", "").rpartition("/")[2] or "any")


def _words(text: str) -> str:
    """Text with what stands in backticks as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))
