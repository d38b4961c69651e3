"""Briefs in which every text is what somebody might write who means harm."""

from __future__ import annotations

from relto.domain.brief.document import (
    Brief,
    Chart,
    Contradiction,
    Listing,
    Paragraph,
    Quotation,
    Section,
    Sentence,
    Table,
)

TEXTS = {
    "a script": "<script>alert(1)</script>",
    "an image": "<img src=x onerror=alert(1)>",
    "an attribute": '" onmouseover="alert(1)" x="',
    "an end": "</style></title></svg></main><b>",
    "a comment": "<!-- --> <![CDATA[ ]]> <?php ?>",
    "an entity": "&lt;script&gt; &#60;b&#62; &copy",
    "a link of javascript": "[click](javascript:alert(1))",
    "a link": "[click](https://evil.example/) <https://evil.example/>",
    "a bare link": "https://evil.example/?q=1 www.evil.example ftp://evil.example a@evil.example",
    "an image of markdown": "![x](https://evil.example/x.png)",
    "a footnote": "[^1] [^1]: other text",
    "a reference": "[a]: https://evil.example/ 'b'",
    "emphasis": "**bold** __bold__ _it_ *it* ~~gone~~ ==mark==",
    "code": "`code` ```fence``` ~~~",
    "a heading": "# heading",
    "an underlined heading": "=====",
    "a rule": "---",
    "a list": "- item",
    "another list": "+ item",
    "a numbered list": "1. item",
    "a bracketed list": "23) item",
    "a quotation": "> quoted",
    "a table": "| a | b |\n| --- | --- |",
    "mathematics": "$x^2$ \\(x\\) \\[x\\]",
    "backslashes": "\\ \\\\ \\* \\n \\u{41}",
    "lines": "one\ntwo\r\nthree\n\nfour\n# five",
    "colours": "\x1b[31mred\x1b[0m \x9b31m \x07 \x08 \x00",
    "half a pair": "a\ud800b",
    "from the right": "\u202eabc\u202c \u2066x\u2069 \u200fא",
    "hebrew": "שלום עולם, السلام",
    "broad": "平和平和平和平和",
    "typst": '#eval("1") $x$ @ref <label> // #let x = 1 \\ *b* _i_ = H /* */ #import "a"',
    "much": "x" * 4_000,
    "many words": "word " * 800,
    "nothing": "",
    "a blank": " ",
}


def brief(text: str, *, ours: str | None = None) -> Brief:
    """A brief that says this everywhere; `ours`: what stands where nobody else's words ever do."""
    ours = text if ours is None else ours
    said = Sentence(text, ("entry one/01", text))
    blocks = (
        Paragraph((said, said)),
        Listing((said,)),
        Quotation(text, text, text, (text,)),
        Table((ours, ours, "state", ours), ((text,) * 4, (text,) * 4), ((text,), (text,))),
        Chart(text, ("2025-03-05", "2025-03-06"), {ours: (1, 0), "held": (0, 3)}, (("2025-03-05", "2025-03-06", ours),),
              traces=(text,)),
        Chart(text, ("2025-03-05", "2025-03-06"), {"outlook": (1, 0)}, scale=(ours, "open"), traces=(text,)),
        Contradiction(said, said, text),
    )  # fmt: skip
    return Brief(text, text, (said,), (Section(text, blocks),), "amber+strict", {text: text}, text, "USA", 5)


PLAIN = Brief(
    "Headline", "Dateline", (Sentence("A take.", ("pause 1",)),),
    (Section("Part", (Paragraph((Sentence("One.", ("entry one/01",)), Sentence("Two."))),)),),
    "amber", {"pause 1": "Pause 1, in full"}, "Ukraine", "USA", 5,
)  # fmt: skip
