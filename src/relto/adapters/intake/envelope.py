"""A TAXII envelope in memory: sliced by msgspec, which skips over the objects without building them.

>>> read_envelope(b'{"objects": [{"type": "indicator"}, 7], "more": false}')
[Piece(raw=b'{"type": "indicator"}', where='envelope#0'), Piece(raw=b'7', where='envelope#1')]
"""

from __future__ import annotations

from typing import Any

import msgspec

from relto.domain.errors import BadInput
from relto.ports.intake import Piece

_BOM = b"\xef\xbb\xbf"
_REMEDY = 'send {"objects": [...]} with at least one object'


class _Envelope(msgspec.Struct):
    """The members that are looked at; all others are ignored (TAXII 2.1 section 1.6.8)."""

    objects: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    type: Any = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Envelope)


def read_envelope(body: bytes) -> list[Piece]:
    """Return the objects of `body`, in order; `where` is `envelope#index`. The errors are those of the port."""
    body = body.removeprefix(_BOM)
    if not body.strip():
        raise BadInput("envelope-empty", "the body is empty", remedy=_REMEDY)
    try:
        envelope = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadInput("envelope-invalid", f"the body is no TAXII envelope: {_said(error)}", remedy=_REMEDY) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_json(body, error) from None
    if envelope.type not in (msgspec.UNSET, "bundle"):
        raise BadInput("envelope-invalid", "the body is a bare object and no TAXII envelope", remedy=_REMEDY)
    if not envelope.objects:
        raise BadInput("envelope-empty", "the envelope holds no object", remedy=_REMEDY)
    # The slices lean on `body`: copying them lets it go.
    return [Piece(bytes(raw), f"envelope#{index}") for index, raw in enumerate(envelope.objects)]


def _no_json(body: bytes, error: Exception) -> BadInput:
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        return BadInput("envelope-not-utf8", f"the body is not UTF-8 at byte {fault.start}")
    return BadInput("envelope-not-json", f"the body is not JSON: {_said(error)}")


def _said(error: Exception) -> str:
    text = str(error)
    # A name in capitals, such as JSON, is left as it is.
    return text[:200] if text[1:2].isupper() else text[:1].lower() + text[1:200]
