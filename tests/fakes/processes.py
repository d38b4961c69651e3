"""The server as a process of its own: begun for a test, and ended with it."""

import contextlib
import json
import subprocess
import sys

PROGRAM = """
import json, sys
from relto.config import load
from relto.faces.serving import serve
config = load(sys.argv[1], environment={}, arguments={"server.port": 0, **json.loads(sys.argv[2])})
sys.exit(serve(config, ready=lambda url: print(url, flush=True)))
"""


@contextlib.contextmanager
def running(data, **settings):
    arguments = {name.replace("__", "."): value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, str(data), json.dumps(arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
