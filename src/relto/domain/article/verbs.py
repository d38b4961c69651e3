"""Verbs: the words by which English prose says that somebody speaks, approves, or does something to what is shared.

Data, in the forms in which they are printed; what the forms mean is for the rules that use them.
"""

from __future__ import annotations

from typing import Final

from relto.domain.article.words import word_set

TELLING: Final = word_set(
    "said says say told tells tell added adds add stated wrote writes write posted tweeted announced announces "
    "confirmed confirms insisted insists argued argues argue claimed claim noted warned warns warn acknowledged "
    "acknowledges conceded concedes admitted admits suggested suggests explained explains declared declares stressed "
    "stresses emphasised emphasized reiterated reiterates replied replies responded answered asked asks remarked "
    "commented observed recalled recalls concluded continued denied denies deny quipped joked vowed vows pledged "
    "pledges promised promises urged urges testified cautioned cautions predicted predicts complained lamented mused "
    "boasted countered retorted repeated thundered shouted whispered snapped assured assures maintained maintains "
    "alleged alleges underlined underscored hinted signalled signaled informed advised reassured interjected "
    "clarified contended contends asserted asserts affirmed sighed protested objected elaborated opined read went "
    "cited reported believe believes think thinks thought believed disclosed revealed reveals estimated recounted "
    "demanded raged fumed stormed seethed roared enthused gushed cried screamed yelled muttered murmured groaned "
    "grumbled enthuses reckons reckoned opines muses jokes laughs laughed shrugged chuckled smiled summed ventured "
    "volunteered fear fears feared"
)
"""Forms with a subject of their own."""

TELLING_NOUNS: Final = word_set("states claims notes reports calls demands answers estimates posts reads tweets")
"""Forms that are nouns as well: verbs only where the speaker's name or a pronoun stands directly before them."""

BINDING: Final = word_set(
    "saying adding telling writing posting stating warning insisting arguing noting announcing claiming declaring "
    "stressing emphasising emphasizing explaining confirming asking urging vowing pledging promising denying "
    "suggesting replying responding calling describing joking predicting cautioning acknowledging conceding "
    "admitting reiterating quoting tweeting asserting commenting accusing labelling labeling dismissing branding "
    "praising hailing lamenting"
)
"""Participles: the speaker is the subject of the clause before them."""

NAMING: Final = word_set(
    "called calls call described describes labelled labeled branded dubbed dismissed dismisses denounced hailed "
    "praised accused characterised characterized likened condemned criticised criticized slammed blasted decried "
    "derided defended welcomed termed mocked ridiculed deplored expressed voiced rejected rejects deemed considers "
    "considered blamed calling describing"
)
"""Verbs by which a speaker's own word is set upon something: `called the meeting “regrettable”`."""

SAYING: Final = TELLING | TELLING_NOUNS | BINDING | NAMING

CHATTY: Final = word_set(
    "fear fears feared summed volunteered laughed laughs shrugged chuckled smiled cried screamed stormed went read "
    "thought think thinks believe believes believed asked cited reported estimated promised"
)
"""Forms that say something with a quotation or a clause, and mean something else without."""

AUXILIARY: Final = word_set(
    "is are was were be been being am has have had having will would shall should can could may might must do does "
    "did not never also later then earlier again further previously reportedly repeatedly publicly privately flatly "
    "simply bluntly only just still already now once yesterday today tonight recently subsequently separately "
    "instead initially merely even finally cautiously angrily firmly openly drily wryly curtly quickly swiftly "
    "immediately however meanwhile too himself herself themselves itself both all largely strongly sharply "
    "reluctantly rightly explicitly categorically clearly quietly frankly plainly specifically nonetheless "
    "nevertheless always"
)
"""What may stand between a speaker and the verb."""

PASSIVE: Final = word_set("is are was were be been being am")

FINITE: Final = word_set(
    "is are was were has have had will would shall should can could may might must do does did met made took came "
    "gave got held wants want wanted left arrived remains remained became went brought sent put"
)
"""Common verbs: a phrase that holds one of them is more than a name."""

CONJUNCTIONS: Final = word_set(
    "and but or nor while whereas although though because since if unless until when whenever after before as that "
    "which who whom whose where whether than so yet once amid despite following during"
)

NEGATIONS: Final = frozenset({"not", "never", "no", "without", "neither", "nor", "cannot", "deny", "denied", "denies"})

FUTURE: Final = word_set(
    "will would shall expected due set scheduled planned plans plan planning expects hopes slated going tomorrow "
    "upcoming forthcoming next prepare prepares preparing ahead intends may might could should ready won't 'll"
)
