"""OpenTAXII for a measurement; runs in an environment of its own, with nothing of Relto in it.

    python opentaxii_server.py                     # makes its database, and prints where to ask and as whom
    gunicorn opentaxii_server:app                  # serves

`OPENTAXII_CONFIG` names its configuration, as in its manual. Nothing of it is changed but one thing: version 0.9.3
cannot put its own UUIDs into JSON on the SQLAlchemy that it asks for, so `json.dumps` is told to write them as strings.
"""

from __future__ import annotations

import functools
import json
import types

import opentaxii.taxii2.http

opentaxii.taxii2.http.json = types.SimpleNamespace(dumps=functools.partial(json.dumps, default=str))

from opentaxii.http import app  # noqa: E402 - what it imports takes the line above over

ACCOUNT, PASSWORD = "bench", "bench"
READER = "reader"


def main() -> None:
    """Make an API root, a collection and an account with a token, as its own commands do."""
    with app.app_context():
        store = app.taxii_server.servers.taxii2.persistence.api
        root = store.add_api_root(title="bench", default=True)
        # The reader has no rights of its own: it reads what is public.
        collection = store.add_collection(api_root_id=str(root.id), title="bench", alias="bench", is_public=True)
        accounts = app.taxii_server.auth
        accounts.api.create_account(username=ACCOUNT, password=PASSWORD, is_admin=True)
        accounts.api.create_account(username=READER, password=PASSWORD, is_admin=False)
        token, reader = (accounts.authenticate(name, PASSWORD) for name in (ACCOUNT, READER))
    path = f"/taxii2/{root.id}/collections/{collection.id}/objects/"
    print(json.dumps({"path": path, "token": token, "reader": reader}))


if __name__ == "__main__":
    main()
