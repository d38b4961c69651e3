import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.domain.marking.drawn import lines

from relto.domain.classes import Restrictions
from relto.domain.marking import Doubt, read_banner
from relto.domain.marking.register import WORDS


def read(text, originator="USA"):
    return read_banner(text, originator=originator)


def says(text, originator="USA", **expected):
    found = read(text, originator)
    assert isinstance(found, Restrictions), found
    assert found == Restrictions(marked=True, **expected)


def rel(*lists):
    return frozenset(tuple(listed.split()) for listed in lists)


@given(
    st.text()
    | lines
    | st.builds("".join, st.lists(st.sampled_from(["S", "//", "/", "REL TO ", "USA", ", ", "NF", " "])))
)
@example("//")
@example("////")
@example("JOINT")
@example("//JOINT")
@example("/")
@example("S//")
@example("\ud800//")
def test_any_text_gets_an_answer(text):
    found = read(text)
    assert found is None or isinstance(found, (Restrictions, Doubt))


@given(lines)
def test_what_has_a_field_after_a_classification_is_never_merely_carried(line):
    if "//" in line:
        assert read(line) is not None


@pytest.mark.parametrize(("text", "level"), [("S", 3), ("SECRET", 3), ("TOP SECRET", 4), ("TS", 4), ("C", 2)])
def test_a_classification_without_disclosure_marking_is_noforn(text, level):
    says(text, level=level, noforn=True)


@pytest.mark.parametrize("text", ["U", "UNCLASSIFIED", "OFFICIAL", "Unclassified", " U "])
def test_what_is_unclassified_restricts_nothing(text):
    says(text, level=0)


@pytest.mark.parametrize("text", sorted(WORDS))
def test_every_word_of_every_register_is_read_alone_in_any_case(text):
    found = {read(form) for form in (text, text.upper(), text.lower())}
    assert len(found) == 1
    assert next(iter(found)).level == WORDS[text].rank


def test_a_list_is_read_whatever_its_order():
    says("S//REL TO USA, FVEY, UKR", level=3, rel=rel("FVEY UKR USA"))
    says("S//REL TO USA, UKR, FVEY, UKR", level=3, rel=rel("FVEY UKR USA"))
    says("S//REL TO USA,UKR", level=3, rel=rel("UKR USA"))
    says("SECRET//RELEASABLE TO USA, UKR", level=3, rel=rel("UKR USA"))


def test_a_list_of_the_owner_alone_is_a_list():
    says("S//REL TO USA", level=3, rel=rel("USA"))


def test_a_code_that_no_party_has_stays_in_the_list_and_lets_nobody_in():
    says("S//REL TO USA, UK", level=3, rel=rel("UK USA"))


def test_two_lists_in_one_line_hold_both():
    says("S//REL TO USA, GBR/REL TO USA, POL", level=3, rel=rel("GBR USA", "POL USA"))


def test_the_old_form_of_rel_to_is_read():
    says("S//USA/CAN/GBR EYES ONLY", level=3, rel=rel("CAN GBR USA"))


def test_noforn_stays_beside_a_list():
    says("S//NF/REL TO USA, GBR", level=3, noforn=True, rel=rel("GBR USA"))


def test_originator_control_is_read_and_the_full_one_wins():
    says("S//OC/REL TO USA, GBR", level=3, orcon=2, rel=rel("GBR USA"))
    says("S//OC-USGOV/REL TO USA, GBR", level=3, orcon=1, rel=rel("GBR USA"))
    says("S//OC/OC-USGOV/REL TO USA, GBR", level=3, orcon=2, rel=rel("GBR USA"))
    says("U//OC", level=0, orcon=2, noforn=True)


def test_notices_are_caveats_under_their_short_names():
    says(
        "S//REL TO USA, GBR/PROPIN/IMCON/RSEN/FOUO/DEA SENSITIVE/FISA",
        level=3,
        rel=rel("GBR USA"),
        caveats=frozenset({"PR", "IMC", "RS", "FOUO", "DSEN", "FISA"}),
    )


def test_relido_opens_nothing():
    says("S//RELIDO", level=3, noforn=True, caveats=frozenset({"RELIDO"}))
    says("S//REL TO USA, GBR/RELIDO", level=3, rel=rel("GBR USA"), caveats=frozenset({"RELIDO"}))


def test_who_may_only_be_shown_it_is_handed_nothing():
    says("S//DISPLAY ONLY UKR", level=3, noforn=True)
    says("U//DISPLAYONLY UKR", level=0, noforn=True)
    says("S//REL TO USA, GBR/DISPLAY ONLY UKR", level=3, rel=rel("GBR USA"))


def test_control_systems_and_programmes_are_controls():
    says(
        "TS//SI-G ABCD/TK//SAR-BP//RD-CNWDI//REL TO USA, GBR",
        level=4,
        rel=rel("GBR USA"),
        controls=frozenset({"SI-G ABCD", "TK", "SAR-BP", "RD-CNWDI"}),
    )


def test_material_of_foreign_governments_is_a_caveat_for_each():
    says("S//FGI DEU GBR//REL TO USA, GBR", level=3, rel=rel("GBR USA"), caveats=frozenset({"FGI DEU", "FGI GBR"}))
    says("S//FGI//NF", level=3, noforn=True, caveats=frozenset({"FGI"}))


def test_what_lies_outside_the_intelligence_community_is_a_caveat():
    says("U//LES", level=0, noforn=True, caveats=frozenset({"LES"}))
    says("U//SBU NOFORN", level=0, noforn=True, caveats=frozenset({"SBU"}))
    says("U//SSI", level=0, caveats=frozenset({"SSI"}))
    says("S//REL TO USA, GBR//EXDIS", level=3, rel=rel("GBR USA"), caveats=frozenset({"EXDIS"}))


def test_a_line_of_another_owner_names_that_owner():
    says("//GBR S//REL TO GBR, UKR", "GBR", level=3, rel=rel("GBR UKR"))
    says("//GBR S//REL TO GBR, UKR", "USA", level=3, rel=rel("GBR UKR"))
    says("//GBR S", "GBR", level=3, noforn=True)
    says("//GBR R", "GBR", level=1, noforn=True)
    says("//DEU STRENG GEHEIM//REL TO DEU, FRA", "DEU", level=4, rel=rel("DEU FRA"))
    says("//DEU VS-NfD//REL TO DEU, FRA", "DEU", level=1, rel=rel("DEU FRA"))


def test_another_originator_writes_the_line_with_its_own_code():
    says("S//REL TO FRA, UKR", "FRA", level=3, rel=rel("FRA UKR"))
    says("SECRET//REL TO GBR, UKR", "GBR", level=3, rel=rel("GBR UKR"))


def test_joint_material_names_each_owner():
    says("//JOINT S GBR USA//REL TO GBR, UKR, USA", level=3, rel=rel("GBR UKR USA"))
    says("//JOINT TOP SECRET GBR USA//NF", level=4, noforn=True)
    assert isinstance(read("//JOINT S GBR USA//REL TO GBR, UKR"), Doubt)


def test_material_of_an_alliance_goes_to_its_members_and_to_those_named():
    says("//NATO SECRET", level=3, rel=rel("NATO"))
    says("NATO SECRET", level=3, rel=rel("NATO"))
    says("//NS//REL TO UKR", level=3, rel=rel("NATO UKR"))
    says("NATO RESTRICTED//RELEASABLE TO UKR, AUS", level=1, rel=rel("AUS NATO UKR"))
    says("NU", level=0, rel=rel("NATO"))
    says("S-UE/EU-S", level=3, rel=rel("EU"))
    says("R-UE/EU-R//REL TO UKR", level=1, rel=rel("EU UKR"))
    says("CTS-A", level=4, rel=rel("NATO"), controls=frozenset({"ATOMAL"}))
    says("//CTS-B", level=4, rel=rel("NATO"), controls=frozenset({"BOHEMIA"}))


def test_special_france_goes_to_france_alone():
    says("SECRET//SPÉCIAL FRANCE", "FRA", level=3, rel=rel("FRA"))


def test_a_decomposed_accent_is_the_same_word():
    says("TRE\u0300S SECRET//REL TO FRA, DEU", "FRA", level=4, rel=rel("DEU FRA"))


@pytest.mark.parametrize(
    "text",
    [
        "S//",
        "S////NF",
        "S//REL TO",
        "S//REL TO ",
        "S//REL",
        "S//REL TO USA FVEY",
        "S//REL TO USA, , GBR",
        "S//REL TO USA,",
        "S//REL TO USA, GBR and POL",
        "S//REL TO usa, gbr",
        "S//REL TO USA; GBR",
        "S//REL TO GBR, UKR",
        "S//REL TO FVEY",
        "S//EYES ONLY",
        "S//BURN",
        "S//NF/BURN",
        "S//ORCON-EVERYONE",
        "S//DISPLAY ONLY",
        "S//OC/RELIDO",
        "S//OC-USGOV/REL TO USA, GBR/RELIDO",
        "S//REL TO USA, GBR//SI",
        "S//LES//NF",
        "S//SI/NF",
        "S//SAR-",
        "S//CUI",
        "R//REL TO USA, GBR",
        "s//nf",
        "Secret//NOFORN",
        "S//nf",
        "S // NF x",
        "SECRET//NOFORN\nhandle with care",
        "(S//NF)",
        "[SECRET//NOFORN]",
        '"S//NF"',
        "S/NF",
        "S/FISA",
        "SECRET/NOFORN",
        "SECRET NOFORN",
        "Secret: rel to USA, GBR",
        "SECRET\u200b//NOFORN",
        "\u200bSECRET//NOFORN",
        "ＳＥＣＲＥＴ／／ＮＯＦＯＲＮ",
        "SECRET／／NOFORN",
        "//",
        "// a comment",
        "//GBR",
        "//GBR X",
        "//GBR S/NF",
        "//FGI S",
        "//GBR S//REL TO USA, UKR",
        "//USSRX S",
        "X//NF",
        "PROTECTED//REL TO AUS, USA",
        "PROTECTED//handle//FISA",
        "//JOINT S",
        "//JOINT S GBR",
        "//JOINT S GBR GBR",
        "//JOINT X GBR USA",
        "//S",
        "//SECRET//NF",
        "GEHEIM//NUR FÜR EUCH",
        "geheim//x",
        "Official: see https://example.org",
        "CUI",
        "CUI//SP-SSEL",
        "CONTROLLED//NOFORN",
        "NOFORN",
        "REL TO USA, FVEY",
        "OC/NF",
        "FISA",
        "S//" + "NF/" * 500 + "NF",
        "SECRET //" + "x" * 100_000,
    ],
)
def test_what_looks_like_a_line_and_is_none_is_a_doubt(text):
    found = read(text)
    assert isinstance(found, Doubt), found
    assert len(found.why) < 400
    assert found.why.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Copyright 2015-2021, The MITRE Corporation. MITRE ATT&CK and ATT&CK are registered trademarks.",
        "This content is subject to open source license terms. See https://github.com/oasis-open/cti-stix-common-objects",
        "U.S. Government work, see https://example.org",
        "C-level readers: https://example.org",
        "Secretary of the board, http://example.org",
        "Officially nothing",
        "Confidential - do not distribute",
        "Restricted use",
        "TSA//",
        "S3 bucket // public",
        "see https://example.org",
        "X//Y",
        "share freely",
    ],
)
def test_other_text_is_carried(text):
    assert read(text) is None


def test_a_doubt_says_which_line_and_why():
    assert read("S//OC/RELIDO").why == "banner line `S//OC/RELIDO`: ORCON and RELIDO contradict each other"
    assert "lacks USA" in read("S//REL TO GBR, UKR").why
    assert "CUI" in read("CUI//SP-SSEL").why
