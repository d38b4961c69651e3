"""Roles: the words that say what somebody is, and those by which somebody is meant who has no name in the article.

Data; small letters, whatever the article prints.
"""

from __future__ import annotations

from typing import Final

from relto.domain.article.words import word_set

HEADS: Final = word_set(
    "president premier minister chancellor secretary envoy ambassador spokesman spokeswoman spokesperson adviser "
    "advisor chief director head leader prince king queen senator congressman congresswoman representative lawmaker "
    "mp general admiral colonel major captain lieutenant commander commissioner governor mayor chairman chairwoman "
    "chair chairperson official officer diplomat negotiator analyst professor researcher fellow expert economist "
    "historian lawyer judge pope archbishop bishop sheikh emir sultan ceo executive founder co-founder author "
    "columnist reporter correspondent journalist aide deputy vice-president billionaire businessman tycoon "
    "strategist politician soldier veteran resident fisherman skipper farmer worker teacher doctor nurse owner "
    "manager engineer scientist undersecretary coordinator mediator delegate source insider scholar specialist "
    "consultant activist campaigner witness trader banker investor regulator inspector superintendent sergeant "
    "constable prosecutor attorney speaker whip rapporteur trustee president-elect co-chair moderator interpreter "
    "statesman treasurer harbourmaster pilot sailor ombudsman archivist vice-chair vice-chairman policymaker "
    "legislator councillor chairmen principal dean rector"
)
"""Nouns by which one person is called."""

TITLES: Final = HEADS | word_set(
    "mr mrs ms miss dr sir dame lord lady prof gen lt col maj capt cmdr sgt adm brig sen rep gov pres rev hon "
    "foreign defence defense prime vice deputy first second national security special interior finance economy "
    "energy trade health justice home culture transport education agriculture environment fisheries digital press "
    "acting former interim senior chief permanent under state crown presidential parliamentary house senate "
    "opposition democratic republican intelligence military army navy air force cabinet general assistant executive "
    "managing staff office counter-terrorism cyber cybersecurity policy economic communications republic outgoing "
    "incoming newly-elected top democrat tory conservative liberal veteran retired then-president ex-president "
    "co-chair longtime us uk eu un nato royal highness excellency his her majesty party majority minority caucus "
    "committee council ministry development labour labor affairs european commission international co-founding "
    "founding chief-of-staff lead principal supreme commander-in-chief joint chiefs treasury commerce attorney "
    "inspector human rights research shadow regional federal provincial"
)
"""Words that may stand before a name as part of a title."""

GROUPS: Final = (
    word_set(
        "officials sources diplomats aides ministers lawmakers senators analysts experts critics supporters allies "
        "leaders negotiators advisers advisors commanders soldiers troops residents people person observers "
        "economists researchers reporters journalists authorities investigators prosecutors police members delegates "
        "representatives spokespeople governments government administration ministry department agency council "
        "commission committee parliament embassy army military navy forces side team delegation statement communique "
        "communiqué report document text letter post memo company group bank exchange union association federation "
        "institute think-tank organisation organization office court regulator party opposition coalition insiders "
        "veterans banks firms companies lawyers campaigners activists scientists fishermen skippers traders bankers "
        "investors regulators mediators one someone another some others many several few two three four officers "
        "executives board secretariat chamber house congress senate consortium presidency chancellery foundation "
        "watchdog broadcaster newspaper outlet readout notice release spokesmen counterparts colleagues policymakers "
        "politicians man woman mother father pensioner engineers pilots witnesses participants operators vendors "
        "steward stewards trustees service staff source tribunal taskforce directorate authority centre center "
        "cabinet inspectorate agencies ministries teams delegations networks network partners parties groups unions "
        "councils embassies courts boards papers minutes files records transcript data figures defenders lenders "
        "insurers neighbours neighbors monitors rebels militants hackers auditors mps peers envoys"
    )
    | HEADS
    | frozenset(f"{head}s" for head in HEADS)
)
"""Nouns by which somebody is meant who is not named: people, and bodies that speak."""

DOCUMENTS: Final = word_set(
    "statement communique communiqué report document text letter post memo readout notice release note message order "
    "resolution declaration article tweet email e-mail filing brief minutes papers files transcript records"
)
"""Nouns that `said`, `read`: what is written, by whoever wrote it."""

BODIES: Final = word_set(
    "ministry department agency council bank university institute house senate congress news times post fox force "
    "union court group inc ltd plc corp centre center committee commission office street sea square conference "
    "summit foundation party company exchange association federation service services guard command network radio "
    "television tv media daily telegraph guardian reuters bloomberg associated journal herald tribune treasury "
    "parliament embassy secretariat authority forum board alliance coalition consortium trust fund society league "
    "academy school college hospital church airport port bay river lake island islands mountains valley strait gulf "
    "ocean channel city province region district county avenue road bridge palace castle hotel hall tower building "
    "deal agreement act treaty accord pact war day week initiative project programme program plan operation eyes one "
    "social signal telegram twitter facebook truth whatsapp sky cnn bbc cbs nbc abc afp ap interfax tass ria "
    "ukrinform systems technologies holdings partners capital industries laboratories labs airlines energy security "
    "intelligence cup protocol ledger line lines shipping chamber bureau directorate"
)
"""Words that make a name the name of a body, a place or a thing, and of nobody."""

VAGUE: Final = word_set(
    "senior top former unnamed anonymous western european unidentified another second third one two three four "
    "several some many most few other local high-ranking high-level military intelligence government defence defense "
    "security foreign diplomatic ukrainian independent political a an the their his her its our this that these "
    "those joint own state public opposition sectoral central national federal leading prominent young elderly "
    "retired more presidential congressional parliamentary regional official"
)

MALE: Final = word_set(
    "mr sir king prince emir sheikh sultan spokesman congressman businessman fisherman chairman lord pope father man "
    "donald volodymyr vladimir jd joe marco mike john keith steve steven dmitry emmanuel keir david sebastien "
    "sébastien antonio antónio mark jim rick george william robert james michael richard charles thomas daniel paul "
    "peter andrew andriy andrii rustem pavlo sergei sergey ivan oleksandr scott pete olaf friedrich giorgio boris "
    "rishi mohammed muhammad ahmed ali hassan faisal omar abdullah benjamin narendra recep justin anthony tony bill "
    "barack kevin brian edward henry martin simon stephen christopher matthew patrick philip ben adam jack harry "
    "viktor mikhail nikolai pedro luis carlos jose juan miguel erik lars henrik jens jonas anders tomas jan pavel "
    "piotr cezary andrzej wladyslaw władysław mateusz hans klaus stefan karl musaed bin yuri oleg dmytro denys "
    "samuel joseph elias noah lucas nathan isaac emil oskar felix anton axel viggo arne hakan mehmet kofi kwame gary "
    "roger graham neil alan ian duncan craig stuart gordon hugh rory sean liam declan"
)
FEMALE: Final = word_set(
    "mrs ms miss dame lady queen princess spokeswoman congresswoman chairwoman mother woman businesswoman karoline "
    "tulsi yulia ursula kaja giorgia angela annalena liz rachel theresa margaret hillary kamala melania mary anna "
    "anne elizabeth sarah susan karen linda barbara jennifer jessica emily emma olivia sophie sophia julia maria "
    "marie elena olena oksana iryna svitlana nataliya natalia tatiana ekaterina maia mette sanna magdalena ana ines "
    "laura claudia christine christina helen helena jane joan judith katherine catherine kate victoria alice amelia "
    "grace hannah ingrid astrid freya signe marta ewa agnieszka katarzyna fatima aisha leila amina zainab nadia ruth "
    "rebecca naomi deborah esther lucia carmen rosa isabel beatriz yvette penny angelica jacinda priya indira mei "
    "ling yuki akiko hana lena nina vera irena dora clara eva petra johanna ulrike"
)
"""Names and titles of men and of women, as far as a small list goes: it tells whom `he` and `she` cannot mean."""
