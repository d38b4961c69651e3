"""Cases in the console: the timeline, entries and their corrections, the reader, outlook and impact, the brief."""

import json
import re

import httpx
import pytest
from tests.faces.console.browsing import axe, overflow, password

from relto.usecases.cases.loading import Library

CASE = "/cases/usa-ukr-2025"
DEAL = {"kind": "deal", "date": "2025-02-28", "subject": "minerals deal", "parties": "USA\nUKR", "status": "signed",
        "source": "AP", "grade": "b2"}  # fmt: skip
ARTICLE = """\
Trump says the pause is nearly over
9 March 2025

"We just about have," President Donald Trump told reporters on Air Force One on Sunday.

"We want peace <script>document.title = 'taken'</script> \u202eton," John Nobody, a spokesman of Britain, said.

Talks between Ukrainian and Russian delegations will be held in Saudi Arabia on Tuesday.
"""


def asking(shown, who="officer"):
    """Asks for pages as this account, without a browser."""
    return httpx.Client(base_url=shown.base, auth=(who, password(who)), timeout=60, follow_redirects=False)


def words(response):
    """What a page says, without its tags."""
    text = re.sub(r"<[^>]+>", " ", response.text[response.text.find("<main") :])
    return " ".join(text.split())


def done(client, at, said):
    """Sends a form, and the question that it is answered with; where that goes on."""
    asked = client.post(at, data=said)
    assert asked.status_code == 200, words(asked)
    (key,) = re.findall(r'name="once" value="([^"]+)"', asked.text)
    answered = client.post(at, data={**said, "once": key})
    assert answered.status_code == 303, words(answered)
    again = client.post(at, data={**said, "once": key})
    assert again.headers["location"] == answered.headers["location"]
    return asked, answered.headers["location"]


def entries(shown, who="officer"):
    with shown.client(who) as client:
        return {each["key"]: each for each in client.get(f"{CASE}").json()["entries"]}


@pytest.fixture(scope="module")
def read(console):
    with asking(console) as client:
        yield client


# The record.


def test_a_list_of_cases_names_the_newest_entry_of_each(read):
    page = words(read.get("/cases"))
    assert "usa-ukr-2025" in page
    assert "68" in page
    assert "2025-03-11" in page


def test_a_case_stands_on_one_axis_with_what_flowed_and_what_was_held(read):
    page = read.get(CASE).text
    assert page.count('class="axis wide"') == page.count('class="axis narrow"') == 1
    drawing = page[page.index('class="axis wide"') : page.index('class="axis narrow"')]
    for sign in ("released", "held", "shade", "now", "mark confirmed", "mark disputed against"):
        assert f'class="{sign}"' in drawing, sign
    lanes = re.findall(r'<text class="lane"[^>]*>([^<]+)<', drawing)
    assert lanes[:9] == [
        "statement", "talks", "proposal", "deal", "condition", "reaction", "impact", "shift", "measure",
    ]  # fmt: skip
    marks = re.findall(r'<a href="/cases/[^"]+" tabindex="-1"><title>', drawing)
    assert len(marks) == 37
    assert re.findall(r"‖ [0-9]+", drawing) == ["‖ 1", "‖ 2", "‖ 3"]


def test_what_contradicts_each_other_stands_side_by_side(read):
    page = read.get(CASE).text
    pairs = page[page.index("What contradicts what") : page.index("Entries by day")]
    assert pairs.count('class="pair"') == 2
    assert "one says partial, the other complete" in pairs


def test_a_case_is_shown_as_it_was_known(read):
    then, now = words(read.get(CASE, params={"at": "2025-03-06"})), words(read.get(CASE))
    assert "We just about have" in now
    assert "We just about have" not in then
    assert "a signed document" in then
    assert "As it was known at 6 Mar 2025" in then


def test_a_case_is_narrowed_by_kind_and_by_who(read):
    page = words(read.get(CASE, params={"kind": "reaction", "who": "RUS"}))
    listed = page[page.index("Entries by day") : page.index("and who they are")]
    assert "Entries by day 2 entries" in page
    assert "Dmitry Peskov" in listed
    assert "Sébastien Lecornu" not in listed
    assert "Entries by day 1 entry" in words(read.get(CASE, params={"kind": "statement", "who": "zelenskyy"}))


def test_entries_are_listed_page_by_page(read):
    told = read.get(CASE, params={"after": "28"})
    listed = words(told)[words(told).index("Entries by day") :]
    assert "28 · 9 March 2025" not in listed
    assert "29 · 9 March 2025" in listed
    wrong = read.get(CASE, params={"after": "nothing"})
    assert wrong.status_code == 400


def test_one_entry_says_all_that_is_on_record_of_it(read):
    page = words(read.get(f"{CASE}/entries/32"))
    for part in ("Saudi Arabia", "D4", "disputed", "contradicts 26", "by officer", "event--"):
        assert part in page, part
    assert read.get(f"{CASE}/entries/nothing").status_code == 404


def test_a_case_is_not_there_for_a_recipient(console):
    with asking(console, "kyiv") as client:
        assert "There is no case that you may see" in words(client.get("/cases"))
        for at in (CASE, f"{CASE}/entries/28", f"{CASE}/export", f"{CASE}/outlook", f"{CASE}/read"):
            assert client.get(at).status_code == 404, at
        for at in ("outlook", "impact"):
            assert client.get(f"/pauses/9999/{at}").status_code == 404
        # A recipient is not told how near the end is, and of what a pause costs it, not how much is held.
        assert client.get("/pauses/2/outlook").status_code == 404
        assert "Held" not in words(client.get("/pauses/2/impact"))


# Writing it.


def test_an_entry_is_recorded_after_it_was_shown_as_it_will_stand(own_console):
    with asking(own_console) as client:
        asked = client.post(f"{CASE}/entries/new", data=DEAL)
        assert "33" not in entries(own_console)
        for part in (
            "minerals deal, USA and UKR: signed",
            "contradicts 02",
            "Both stand",
            "B2",
            "usa-fvey",
            "they flow",
        ):
            assert part in words(asked), part
        _, at = done(client, f"{CASE}/entries/new", DEAL)
        assert at == f"{CASE}/entries/33"
        made = entries(own_console)["33"]
        assert made["status"] == "signed"
        assert made["source"] == {"name": "AP", "grade": "B2"}
        assert len(entries(own_console)) == 69


def test_what_is_wrong_with_an_entry_is_said_beside_what_was_typed(read):
    page = read.post(f"{CASE}/entries/new", data={**DEAL, "date": "the other day"})
    assert page.status_code == 400
    assert "the other day" in page.text
    assert "write 2025-03-05" in words(page)


def test_whoever_is_nobody_yet_is_made_known_along_with_an_entry(own_console):
    said = {"kind": "statement", "date": "2025-03-09", "speaker": "Nemo", "words": "<b>no</b>", "source": "AP"}
    with asking(own_console) as client:
        asked = client.post(f"{CASE}/entries/new", data=said)
        assert "Who is that?" in words(asked)
        who = {"who0": "Nemo", "name0": "Captain Nemo", "party0": "GBR", "role0": "captain"}
        done(client, f"{CASE}/entries/new", {**said, **who})
    made = entries(own_console)
    assert made["33"]["speaker"] == {"person": "nemo", "name": "Captain Nemo", "role": "captain", "party": "GBR"}


def test_a_correction_changes_what_was_changed_and_leaves_the_rest(own_console):
    with asking(own_console) as client:
        form = client.get(f"{CASE}/entries/26/correct").text
        fields = dict(re.findall(r'<(?:input|textarea)[^>]*name="([a-z_]+)"(?: value="([^"]*)")?', form))
        fields |= dict(re.findall(r'<textarea name="([a-z_]+)"[^>]*>([^<]*)<', form))
        fields |= {"state": "held", "confidence": "confirmed", "because": "they were held", "source": "Reuters"}
        asked, at = done(client, f"{CASE}/entries/26/correct", fields)
        assert "It stands in the place of 26" in words(asked)
        before, after = entries(own_console)["26"], entries(own_console)[at.rpartition("/")[2]]
        assert before["corrected_by"] == after["key"]
        same = ("date", "place", "delegations", "hosts", "text")
        assert {name: after.get(name) for name in same} == {name: before.get(name) for name in same}
        assert (after["state"], after["source"]["name"]) == ("held", "Reuters")
        page = words(client.get(CASE, params={"after": "28"}))
        assert "Does not stand any more" in page
        assert "Stands in the place of 26 , because: they were held" in page
        nothing = client.post(f"{CASE}/entries/28/correct", data={"because": "x"})
        assert nothing.status_code == 400


def test_an_entry_is_taken_back_and_stays_on_record(own_console):
    with asking(own_console) as client:
        done(client, f"{CASE}/entries/32/retract", {"because": "the source errs"})
        assert entries(own_console)["32"]["corrected_by"] == "33"
        page = words(client.get(f"{CASE}/entries/32"))
        assert "It does not stand any more" in page
        assert "taken back" in page
        assert client.get(CASE).text.count('class="pair"') == 1


def test_an_entry_is_linked_to_another_and_to_a_condition(own_console):
    with asking(own_console) as client:
        _, at = done(client, f"{CASE}/entries/24/link", {"relation": "supports", "other": "29", "conditions": "2/1"})
        assert at == f"{CASE}/entries/24"
        page = words(client.get(at))
        assert "supports 29" in page
        assert "2/1" in page


def test_a_case_is_opened_given_out_and_taken_in(own_console):
    said = {"case": "truce", "title": "The truce", "marking": "green", "about": ["UKR"], "agreement": ["usa-ukr"]}
    with asking(own_console) as client:
        asked, at = done(client, "/cases/new", said)
        assert "marked green" in words(asked)
        assert at == "/cases/truce"
        assert "Nothing is on record yet" not in words(client.get(at)), "the flow itself is drawn"
        text = client.get("/cases/usa-ukr-2025/export?form=json")
        assert text.headers["content-disposition"] == 'attachment; filename="usa-ukr-2025.json"'
        file = json.loads(text.text)
        file["entries"].append({**file["entries"][0], "key": "99", "words": "once more"})
        asked, _ = done(client, "/cases/import", {"file": json.dumps(file)})
        assert "1 entry is added" in words(asked)
        assert "99" in entries(own_console)


def test_entries_of_a_file_are_added_all_or_none(own_console):
    text = "- {kind: deal, date: 2025-03-09, subject: one, parties: [USA], status: signed}\n"
    with asking(own_console) as client:
        wrong = client.post(f"{CASE}/entries/new", data={"kind": "file", "file": text + "- {kind: deal}\n"})
        assert wrong.status_code == 400
        done(client, f"{CASE}/entries/new", {"kind": "file", "file": text})
    assert len(entries(own_console)) == 69


def test_a_recipient_adds_nothing_to_a_case(console):
    accepted = {
        "proposal": "1",
        "1.kind": "deal",
        "1.take": "yes",
        **{f"1.{name}": text for name, text in DEAL.items()},
    }
    with asking(console, "kyiv") as client:
        for at in ("entries/new", "entries/28/retract", "entries/28/link", "read/accept"):
            said = {**DEAL, **accepted, "because": "x", "other": "29", "relation": "about"}
            assert client.post(f"{CASE}/{at}", data=said).status_code == 404, at
        assert client.get(f"{CASE}/entries/new").status_code == 404
    assert len(entries(console)) == 68


# Outlook and impact.


def test_an_outlook_says_by_which_rule_from_what_and_what_would_move_it(read):
    page = words(read.get("/pauses/2/outlook"))
    for part in ("said-and-talks", "close once a resume is proposed", "last_word", "claimed since 9 Mar 2025"):
        assert part in page, part
    then = words(read.get(f"{CASE}/outlook", params={"at": "2025-03-06"}))
    assert "the end is open" in then
    assert "Pause 3" not in then


def test_an_impact_tells_what_is_held_how_stale_it_is_and_what_the_record_says(read):
    page = words(read.get("/pauses/2/impact"))
    for part in ("40 items", "targeting", "121 items in 7 d", "hundreds of dead Ukrainians", "goes with the count"):
        assert part in page, part


@pytest.mark.parametrize(
    ("at", "times"),
    [
        (CASE, 1),
        (f"{CASE}?at=2025-03-08", 1),
        # What the case is about, and what is on record about that.
        (f"{CASE}/outlook", 2),
        ("/pauses/2/impact", 1),
    ],
)
def test_a_page_reads_a_record_no_oftener_than_it_has_to(read, monkeypatch, at, times):
    record, found = Library.record, []

    def counted(library, case):
        found.append(case)
        return record(library, case)

    monkeypatch.setattr(Library, "record", counted)
    assert read.get(at).status_code == 200
    assert len(found) == times


# The brief.


@pytest.mark.parametrize(
    ("form", "begins"), [("pdf", b"%PDF-"), ("md", b"**TLP:"), ("html", b"<!DOCTYPE"), ("json", b"{")]
)
def test_a_brief_is_sent_as_a_file(read, form, begins):
    sent = read.get(f"{CASE}/brief/file", params={"form": form, "for": "public"})
    assert sent.status_code == 200
    assert sent.content.startswith(begins)
    assert sent.headers["content-disposition"] == f'attachment; filename="brief-usa-ukr-2025.{form}"'


def test_a_brief_numbers_what_it_rests_on_and_is_written_for_its_reader(read):
    ours, public = read.get(f"{CASE}/brief").text, read.get(f"{CASE}/brief", params={"for": "public"}).text
    assert "TLP:AMBER+STRICT" in ours
    assert "TLP:CLEAR" in public
    notes = set(re.findall(r'id="(note-[0-9]+)"', ours))
    assert notes
    assert set(re.findall(r'href="#(note-[0-9]+)"', ours)) == notes


# In a browser.


@pytest.mark.slow
def test_an_article_is_read_looked_at_and_accepted_in_a_browser(own_console, visiting):
    visitor, page = visiting(own_console, "officer", width=1280)
    visitor.open(page, f"{CASE}/read")
    page.get_by_label("The article its text").fill(ARTICLE)
    page.get_by_label("Its address").fill("https://example.org/a")
    page.get_by_role("button", name="Read it").click()
    page.wait_for_selector("text=What the article proposes")
    assert axe(page) + overflow(page) == []
    assert "taken" not in page.title()
    proposals = page.locator("fieldset.proposal")
    assert proposals.count() >= 3
    for number in range(proposals.count()):
        proposals.nth(number).get_by_label("leave out").check()
    first = proposals.filter(has_text="We just about have").first
    first.get_by_label("accept").check()
    first.get_by_text("Change it").click()
    first.get_by_label("Confidence").select_option("confirmed")
    page.get_by_role("button", name="See what would be recorded").click()
    page.wait_for_selector("text=Add this entry?")
    assert axe(page) + overflow(page) == []
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url(f"**{CASE}")
    made = entries(own_console)
    assert len(made) == 69
    assert made["33"]["confidence"] == "confirmed"
    assert made["33"]["source"]["url"] == "https://example.org/a"


@pytest.mark.slow
def test_a_brief_is_printed_without_what_is_round_it(console, visiting):
    visitor, page = visiting(console, "officer")
    visitor.open(page, f"{CASE}/brief?for=public&at=2025-03-06")
    page.emulate_media(media="print")
    for part in (".rail", ".top", ".strip.paused", ".find", ".downloads", ".trail"):
        assert not page.locator(part).first.is_visible(), part
    assert page.locator(".brief h1").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_one_drawing_of_the_axis_is_seen(console, visiting, width):
    visitor, page = visiting(console, "officer", width=width)
    visitor.open(page, CASE)
    assert page.locator("svg.axis.narrow").is_visible() == (width == 360)
    assert page.locator("svg.axis.wide").is_visible() == (width == 1280)


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("at", [CASE, "/pauses/2/impact", "/pauses/2/outlook"])
def test_on_a_small_screen_an_axis_scrolls_in_its_box_by_keyboard(console, visiting, at, dark):
    visitor, page = visiting(console, "officer", width=360, dark=dark)
    visitor.open(page, at)
    assert overflow(page) + axe(page) == []
    box = page.locator(".timeline .along").first
    drawn = box.locator("svg.axis.narrow").bounding_box()
    # Nothing in it is scaled down.
    assert drawn["width"] >= int(box.locator("svg.axis.narrow").get_attribute("width"))
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())


@pytest.mark.slow
def test_days_look_the_same_in_the_chart_and_on_the_axis(console, visiting):
    visitor, page = visiting(console, "officer", width=1280)
    visitor.open(page, CASE)
    colour = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    fill = "(node, name) => getComputedStyle(node)[name]"
    for sign, name, token in (
        (".axis.wide .released", "fill", "--flowing"),
        (".swatch.released", "backgroundColor", "--flowing"),
        (".axis.wide .held", "stroke", "--paused"),
        (".axis.wide .shade", "fill", "--paused-soft"),
        (".swatch.shade", "backgroundColor", "--paused-soft"),
    ):
        red, green, blue = (int(page.evaluate(colour, token)[place : place + 2], 16) for place in (1, 3, 5))
        assert page.locator(sign).first.evaluate(fill, name) == f"rgb({red}, {green}, {blue})", sign
    visitor.open(page, "/agreements/usa-ukr")
    pixels = page.locator("[data-drawn] canvas").evaluate(
        """canvas => {
          const style = getComputedStyle(document.documentElement);
          const found = {};
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          for (const token of ["--flowing", "--paused", "--paused-soft"]) {
            const value = style.getPropertyValue(token).trim();
            const [red, green, blue] = [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16));
            found[token] = 0;
            for (let at = 0; at < data.length; at += 4)
              found[token] += data[at] === red && data[at + 1] === green && data[at + 2] === blue;
          }
          return found;
        }"""
    )
    assert all(count > 100 for count in pixels.values()), pixels


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1920])
def test_what_is_hostile_is_shown_as_text(own_console, visiting, width):
    hostile = "<img src=x onerror=\"document.title='taken'\"></script>{{ 7*7 }} שלום " + "W" * 180
    said = [
        {"kind": "person", "name": "Robert <b>Tables</b>", "role": hostile[:150], "party": "GBR"},
        {"kind": "statement", "date": "2025-03-09", "speaker": "Robert <b>Tables</b>", "words": hostile},
        {"kind": "talks", "date": "2025-03-09", "place": hostile, "state": "held", "outcome": hostile},
        {"kind": "deal", "date": "2025-03-09", "subject": hostile, "parties": ["USA"], "status": "signed",
         "source": {"name": hostile[:190], "url": "https://example.org/" + "a" * 300}},
    ]  # fmt: skip
    with own_console.client("officer") as client:
        answer = client.post(f"{CASE}/entries", json={"entries": said})
        assert answer.status_code == 200, answer.text
        keys = [each["key"] for each in answer.json()["entries"]]
    visitor, page = visiting(own_console, "officer", width=width)
    for at in ("", *(f"/entries/{key}" for key in keys), f"/entries/{keys[1]}/correct", "/brief", "/outlook"):
        visitor.open(page, f"{CASE}{at}")
        assert "taken" not in page.title(), at
        assert page.locator("img").count() == 0, at
        assert overflow(page) == [], at
