"""Accounts: who reads and who acts, for which party, and how they prove it.

Rules that hold in all of it:

- A secret (a password, a token, a cookie) is made here or given, shown once, and never stored: what is stored gives
  nothing away.
- What binds, binds with the next request in every process: each asks the head of the store, and `accounts_version`
  there grows with every change of an account or of a credential. Sessions are looked up each time.
- Whoever comes in has no more than the roles of the account, and no more of them than the scopes of what was shown
  leave.
"""

from relto.domain.actor import ROLES
from relto.usecases.accounts.credentials import (
    add_certificate,
    add_openid,
    add_token,
    list_credentials,
    live_kinds,
    revoke_credential,
    rotate,
)
from relto.usecases.accounts.entry import Entry
from relto.usecases.accounts.gatekeeper import Gatekeeper
from relto.usecases.accounts.keeping import (
    PASSWORD_MAX,
    PASSWORD_MIN,
    add_account,
    check_password,
    list_accounts,
    revoke,
    roles_of,
    set_password,
    set_switches,
)
from relto.usecases.accounts.rows import actor_of, count_accounts, require_admin, require_admin_first, token_digest
from relto.usecases.accounts.sessions import Begun, Sessions, end_sessions, list_sessions

__all__ = [
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "ROLES",
    "Begun",
    "Entry",
    "Gatekeeper",
    "Sessions",
    "actor_of",
    "add_account",
    "add_certificate",
    "add_openid",
    "add_token",
    "check_password",
    "count_accounts",
    "end_sessions",
    "list_accounts",
    "list_credentials",
    "list_sessions",
    "live_kinds",
    "require_admin",
    "require_admin_first",
    "revoke",
    "revoke_credential",
    "roles_of",
    "rotate",
    "set_password",
    "set_switches",
    "token_digest",
]
