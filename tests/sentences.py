"""What a brief says, sentence by sentence: of each it is asked what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from relto.domain.brief.document import Brief, Contradiction, Listing, Paragraph, Quotation, Sentence


def sentences_of(brief: Brief) -> Iterator[Sentence]:
    """Every sentence of a brief."""
    yield from brief.takes
    for section in brief.sections:
        for block in section.blocks:
            match block:
                case Paragraph(sentences) | Listing(sentences):
                    yield from sentences
                case Contradiction(one, other):
                    yield from (one, other)
                case Quotation():
                    yield Sentence(block.words, block.traces)
                case _:
                    pass
