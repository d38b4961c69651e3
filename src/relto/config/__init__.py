"""All settings of a node: read once, checked, then frozen.

Rules, in order:

1. A setting stands in one place only, as a field of a section (`sections.py`): its name, type, default, limits and what
   it does. `docs/reference/settings.md`, `relto config show` and every check are made from that.
2. The later source wins: the default, `relto.toml` in the data folder, a variable `RELTO_…`, an argument.
3. What is not known is an error that names the nearest known key; what does not fit is an error that names the source.
4. A secret is never shown, not even in an error.
5. Nothing else in Relto reads the environment or the file; other floors get values, never this module.

>>> config = load("/srv/relto", environment={"RELTO_SERVER_PORT": "9000"}, arguments={"server.workers": 2})
>>> config.server.port, config.server.workers, config.database.url
(9000, 2, 'sqlite:////srv/relto/relto.db')
>>> [(shown.key, shown.value, shown.source) for shown in config.show() if shown.source.startswith("environment")]
[('server.port', '9000', 'environment RELTO_SERVER_PORT')]
"""

from relto.config.loading import FILE, Config, Shown, load, masked
from relto.config.rule import Value
from relto.config.sections import SECTIONS, Auth, Openid, Proxy, Taxii
from relto.config.table import SETTINGS, Setting

__all__ = [
    "FILE",
    "SECTIONS",
    "SETTINGS",
    "Auth",
    "Config",
    "Openid",
    "Proxy",
    "Setting",
    "Shown",
    "Taxii",
    "Value",
    "load",
    "masked",
]
