"""The least that can be called a server of pages: a socket, a statement by primary key, the bytes.

python bench/floor_server.py FILE PORT         # serves one connection after the other, until it is told to stop
"""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

from bench.floor import page, sqlite_connection

ASKED = re.compile(rb"limit=(\d+)&after=(\d+)")


def main(path: str, port: str) -> None:
    """Answer requests for `limit=N&after=M`."""
    database = sqlite_connection(Path(path))
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while request := connection.recv(65_536):
                    found = ASKED.search(request)
                    body = page(database, int(found[2]), int(found[1])) if found else b"{}"
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)


if __name__ == "__main__":
    main(*sys.argv[1:3])
