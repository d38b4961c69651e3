"""Articles: what the press writes, read into entries that a person then checks.

The rules, in order: nothing of an article is obeyed; what is proposed stands in it; a name is looked up among those who
are known and else said to be a stranger's; a date is resolved against the article's own; where nobody can tell who
spoke, nothing is proposed.

>>> from datetime import date
>>> article = Article("Paused", ("The Kremlin said on Monday that talks would go on.",), date=date(2025, 3, 11))
>>> [(each.kind, each.speaker.label, each.date) for each in propose(article, Known())]
[('statement', 'the Kremlin', '2025-03-10')]
"""

from relto.domain.article.article import LINE_MAX, PARAGRAPHS_MAX, TEXT_MAX, Article
from relto.domain.article.dates import dateline
from relto.domain.article.known import Known, KnownParty, KnownPerson, Who
from relto.domain.article.proposed import Proposal
from relto.domain.article.reading import PROPOSALS_MAX, propose

__all__ = [
    "LINE_MAX",
    "PARAGRAPHS_MAX",
    "PROPOSALS_MAX",
    "TEXT_MAX",
    "Article",
    "Known",
    "KnownParty",
    "KnownPerson",
    "Proposal",
    "Who",
    "dateline",
    "propose",
]
