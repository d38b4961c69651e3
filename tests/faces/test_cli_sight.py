"""What an account may not see looks to it exactly like what does not exist, whatever role it has at its own party."""

import pytest

ROLES = ("reader", "contributor", "officer", "approver", "auditor", "admin")


@pytest.fixture
def partners(node):
    """The node, with an account in each role for the recipient and for a third party."""
    node.ok("party", "add", "FRA", "--name", "France", "--kind", "state")
    for party in ("UKR", "FRA"):
        for role in ROLES:
            node.ok("account", "add", f"{party.lower()}-{role}", "--party", party, "--role", role)
    node.items = [node.indicator("naval"), node.indicator("targeting")]
    node.ingest(*node.items)
    return node


def views(node, account):
    """Every answer that the account can get without changing anything."""
    asked = [
        ("status",), ("status", "usa-ukr"), ("status", "UKR"), ("status", "USA"), ("status", "--at", "0s"),
        ("agreement", "list"), ("agreement", "show", "usa-ukr"), ("agreement", "history", "usa-ukr"),
        ("party", "list"), ("party", "show", "USA"), ("approvals",), ("act", "list"), ("act", "show", "99"),
        ("backlog", "list"), ("explain", node.items[0]["id"], "UKR"), ("explain", node.items[0]["id"], "FRA"),
        ("resume", "1"), ("pause", "amend", "1", "--mode", "cut"), ("preview", "resume", "1"),
        ("pause", "list"), ("pause", "list", "--lifted"),
        ("impact", "1"), ("impact", "1", "--at", "0s"),
        ("condition", "set", "1", "1", "--state", "claimed"), ("condition", "add", "1", "x"),
    ]  # fmt: skip
    return {words: (answer.status, answer.document) for words in asked if (answer := node(*words, "--as", account))}


@pytest.mark.parametrize("role", ROLES)
def test_a_discreet_pause_changes_nothing_that_the_recipient_or_a_third_party_can_see(partners, role):
    accounts = (f"ukr-{role}", f"fra-{role}")
    before = [views(partners, account) for account in accounts]
    partners.ok("pause", "usa-ukr", "--reason", "talks", "--discreet", "--condition", "talks are fixed")
    partners.ok("condition", "set", "1", "1", "--state", "met")
    for account, view in zip(accounts, before, strict=True):
        for words, answer in views(partners, account).items():
            assert answer == view[words], (account, words)
    partners.ok("resume", "1")
    for account, view in zip(accounts, before, strict=True):
        for words, answer in views(partners, account).items():
            assert answer == view[words], (account, words)


@pytest.mark.parametrize("role", ROLES)
def test_an_open_pause_is_there_for_the_recipient_and_not_for_a_third_party(partners, role):
    before = views(partners, f"fra-{role}")
    partners.ok("pause", "usa-ukr", "--reason", "talks", "--condition", "talks are fixed")
    assert views(partners, f"fra-{role}") == before
    ((entry,),) = [partners.ok("status", "--as", f"ukr-{role}")]
    (pause,) = entry["pauses"]
    assert (pause["pause"], pause["reason"], pause["held"], pause["made_by"]) == ("1", "talks", None, None)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_third_party_may_not_see_is_what_does_not_exist(partners, role):
    partners.ok("pause", "usa-ukr", "--reason", "talks")

    def asked(agreement, pause, item):
        account = ("--as", f"fra-{role}")
        answers = [
            partners("agreement", "show", agreement, *account),
            partners("agreement", "history", agreement, *account),
            partners("agreement", "end", agreement, *account),
            partners("status", agreement, *account),
            partners("pause", agreement, "--reason", "x", *account),
            partners("preview", "pause", agreement, *account),
            partners("resume", pause, *account),
            partners("impact", pause, *account),
            partners("pause", "amend", pause, "--mode", "cut", *account),
            partners("condition", "add", pause, "x", *account),
        ]
        return [
            (each.status, each.out.replace(agreement, "NAME").replace(f"`{pause}`", "`N`").replace(f'"{pause}"', '"N"'))
            for each in answers
        ]

    assert asked("usa-ukr", "1", partners.items[0]["id"]) == asked("usa-xyz", "7", "indicator--x")


def test_nobody_may_look_at_what_is_kept_back_but_who_keeps_it_back(partners):
    partners.ok("pause", "usa-ukr", "--reason", "talks")
    partners.ingest(partners.indicator("naval"))
    for words in (("preview", "pause", "usa-ukr"), ("preview", "pause", "--all"), ("preview", "resume", "1")):
        # `--all` is all of its own: it gives nothing.
        code = "pause-invalid" if "--all" in words else "party-not-yours"
        assert partners(*words, "--as", "ukr-officer").code == code
        assert partners(*words, "--as", "ukr-reader").code == "role-missing"
