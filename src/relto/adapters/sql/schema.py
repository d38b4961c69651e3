"""The tables, for both engines. The migrations (`relto.adapters.migrations`) arrive at exactly these: a test compares.

Moments are microseconds since 1970; `…_seq` are item numbers; yes and no are 1 and 0. Tables whose rows are found by
their key alone are stored in its order on SQLite (`WITHOUT ROWID`).

`ranks` gives every item its place in its class: (class, seq) in order, with `ord`, the number of the item in the
class. It is a table and not an index of `items`, so that both engines can only ever walk it in that order. `moved`
keeps the `ord` of items that left a class, so that its ranks stay exact.
"""

from __future__ import annotations

import sqlalchemy as sa

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary()
TEXT = sa.Text()

metadata = sa.MetaData()


def _number(name: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, primary_key=key, nullable=null, autoincrement=False)


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=key, nullable=False)


def _bytes(name: str, *, key: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, BYTES, primary_key=key, nullable=False)


def _flag(name: str) -> sa.Column[int]:
    return _number(name)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts)


def _sorted_table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_with_rowid=False)


_table(
    "head",
    _number("id", key=True),
    _number("policy_version"),
    _number("accounts_version"),
    _number("last_seq"),
    _number("last_given"),
    _number("next_due", null=True),
    _number("clock_offset"),
    _number("clock_seen"),
    _number("withdrawn"),
)
_sorted_table("settings", _text("name", key=True), _text("value"))

_sorted_table("parties", _text("code", key=True), _text("name"), _text("kind"), _text("ceiling"))
_sorted_table(
    "members",
    _text("group_code", key=True),
    _text("member_code", key=True),
    _number("since_us", key=True),
    _number("until_us", null=True),
)
_sorted_table(
    "accounts",
    _text("name", key=True),
    _text("party"),
    _text("roles"),
    _text("secret"),
    _flag("revoked"),
    _number("made_at"),
    _text("settings"),
)
_table(
    "credentials",
    _number("id", key=True),
    _text("account"),
    _text("kind"),
    _text("identifier"),
    _text("label"),
    _text("scopes"),
    _number("made_at"),
    _number("expires_at", null=True),
    _number("revoked_at", null=True),
    sa.Index("credentials_identifier", "kind", "identifier", unique=True),
)
_sorted_table(
    "sessions",
    _bytes("digest", key=True),
    _text("account"),
    _text("how"),
    _number("credential"),
    _number("made_at"),
    _number("seen_at"),
    _number("expires_at"),
    sa.Index("sessions_account", "account"),
)
_sorted_table(
    "agreements",
    _text("id", key=True),
    _number("version", key=True),
    _text("canonical"),
    _text("source"),
    _number("made_at"),
    _text("made_by"),
    _number("ended_at", null=True),
    _flag("closed"),
)
_sorted_table(
    "pauses",
    _number("number", key=True),
    _number("version", key=True),
    _text("value"),
    _text("state"),
    _number("made_at"),
)

_table(
    "classes",
    _number("id", key=True),
    sa.Column("key", BYTES, nullable=False, unique=True),
    _text("value"),
    _number("last_seq"),
    _number("last_ord"),
    _flag("irregular"),
    sa.Index("classes_last_seq", "last_seq"),
)
_table(
    "items",
    _number("seq", key=True),
    _number("class_id"),
    _bytes("key"),
    _number("version_us"),
    _text("stix_id"),
    _text("version"),
    _bytes("digest"),
    _bytes("raw"),
    sa.Index("items_version", "key", "version_us", unique=True),
)
_sorted_table("ranks", _number("class_id", key=True), _number("seq", key=True), _number("ord"))
_sorted_table("moved", _number("class_id", key=True), _number("seq", key=True), _number("ord"))
_sorted_table(
    "moves",
    _number("seq", key=True),
    _number("at_us", key=True),
    _number("source", key=True),
    _number("target"),
    sa.Index("moves_at", "at_us"),
)
_table("rivals", _number("seq", key=True))
_sorted_table("joins", _bytes("key", key=True), _number("seq", key=True))
_table(
    "batches",
    _number("first_seq", key=True),
    _number("last_seq"),
    _number("start_us"),
    _number("head_items"),
    _number("tail_items"),
    _text("originator"),
    _text("by_account"),
    sa.Index("batches_start", "start_us"),
)

_table(
    "flows",
    _number("id", key=True),
    _text("agreement"),
    _text("party"),
    _text("collection"),
    _number("main"),
    _number("changed_seq"),
    _flag("member"),
)
_sorted_table("flow_states", _number("flow", key=True), _number("class_id", key=True), _text("value"))
_table("streams", _number("id", key=True), _number("flow"), _number("version"))
_sorted_table(
    "epochs",
    _number("stream", key=True),
    _number("number", key=True),
    _number("start_seq"),
    _number("start_time"),
    _number("backlog_after"),
    _number("backlog_width"),
    _number("step"),
)
_sorted_table(
    "spans",
    _number("stream", key=True),
    _number("epoch", key=True),
    _number("class_id", key=True),
    _number("after_seq", key=True),
    _number("upto_seq"),
)
_sorted_table("readers", _number("flow", key=True), _text("account", key=True), _number("stream"))
_sorted_table(
    "marks",
    _number("flow", key=True),
    _text("reader", key=True),
    _number("version", key=True),
    _number("epoch"),
    _number("part"),
    _number("seq"),
)

_sorted_table(
    "tracks",
    _number("flow", key=True),
    _text("reader", key=True),
    _text("way", key=True),
    _text("value"),
)
_sorted_table(
    "repairs",
    _number("flow", key=True),
    _text("reader", key=True),
    _number("epoch", key=True),
    _number("at_us"),
    _number("items"),
    _number("since_us"),
    sa.Column("by_account", TEXT, nullable=True),
)
_sorted_table("polls", _number("flow", key=True), _text("reader", key=True), _text("value"))

_sorted_table("inboxes", _text("party", key=True), _number("last"))
_sorted_table(
    "notices",
    _text("party", key=True),
    _number("number", key=True),
    _text("kind"),
    _text("about"),
    _text("value"),
    sa.Index("notices_kind", "party", "kind", "number"),
    sa.Index("notices_about", "about", "party", "number"),
)
_sorted_table(
    "acknowledgements",
    _text("party", key=True),
    _number("notice", key=True),
    _text("account", key=True),
    _number("at_us"),
    _text("note"),
)
_sorted_table("webhooks", _text("id", key=True), _text("party"), _text("value"))
_sorted_table("mailboxes", _text("id", key=True), _text("party"), _text("value"))
_sorted_table(
    "dispatches",
    _text("party", key=True),
    _number("notice", key=True),
    _text("target", key=True),
    _text("way"),
    _text("state"),
    _number("tries"),
    _number("made_at"),
    _number("next_at"),
    _number("last_at", null=True),
    _number("last_status"),
    _text("last_answer"),
    sa.Index("dispatches_due", "state", "next_at", "notice"),
    sa.Index("dispatches_target", "target", "state", "next_at", "notice"),
)

_sorted_table("definitions", _text("originator", key=True), _text("id", key=True), _bytes("content"))
_sorted_table("conflicts", _text("originator", key=True), _text("id", key=True))
_sorted_table("statuses", _text("id", key=True), _text("account"), _number("at_us"), _text("value"))
_sorted_table("collections", _text("party", key=True), _text("id"))
_table(
    "acts",
    _number("number", key=True),
    _text("kind"),
    _number("at_us"),
    _text("by_account"),
    _text("value"),
    _text("state"),
    _number("done_at"),
    _number("seq"),
    _number("version"),
    _number("done"),
    sa.Index("acts_kind", "kind", "number"),
    sa.Index("acts_state", "state", "number"),
    sa.Index("acts_done", "done"),
    sa.Index("acts_done_at", "done_at"),
)
_sorted_table(
    "overrides",
    _number("act", key=True),
    _number("seq", key=True),
    _text("agreement", key=True),
    _text("party", key=True),
    _text("verb"),
    _number("at_us"),
    sa.Index("overrides_seq", "seq"),
)
_sorted_table(
    "idempotency",
    _text("account", key=True),
    _text("key", key=True),
    _text("digest"),
    _text("claim"),
    _text("state"),
    _number("at_us"),
    _text("acts"),
    _number("status"),
    _text("answer"),
)
_table("events", _number("number", key=True), _number("act"), _text("state"), _number("at_us"))

# The log. A leaf's hash is that of its bytes, so it is not stored beside them: full tiles hold it.
_table(
    "leaves",
    _number("number", key=True),
    _text("kind"),
    _text("party"),
    _number("at_us"),
    _bytes("data"),
    sa.Index("leaves_party", "party", "kind", "number"),
    sa.Column("about", TEXT, nullable=True),
    # Most leaves of a busy node are about nothing that anyone looks for, and cost nothing here.
    sa.Index(
        "leaves_about",
        "about",
        "number",
        sqlite_where=sa.text("about IS NOT NULL"),
        postgresql_where=sa.text("about IS NOT NULL"),
    ),
)
_table("log", _number("id", key=True), _number("size"), _bytes("frontier"))
_sorted_table("tiles", _number("level", key=True), _number("number", key=True), _bytes("hashes"))
_table("records", _number("first_seq", key=True), _bytes("data"))
_table("checkpoints", _number("size", key=True), _number("at_us"), _bytes("note"))
_sorted_table("cosignatures", _number("size", key=True), _text("name", key=True), _number("at_us"), _text("line"))
_table("timestamps", _number("size", key=True), _number("at_us"), _bytes("token"))
