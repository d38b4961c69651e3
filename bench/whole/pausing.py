"""What pauses and resumes: two commands of whoever runs the program, or two functions of whoever calls it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

COMMAND_SECONDS_MAX = 60.0


class Pauses(Protocol):
    """Pauses everything that is written, and resumes it; each answers with whether it succeeded, and what was said."""

    async def pause(self) -> tuple[bool, str]:
        """When it returns, the pause is in force."""
        ...

    async def resume(self) -> tuple[bool, str]:
        """When it returns, nothing is paused."""
        ...


@dataclass(slots=True)
class Commands:
    """Shell commands; exit status 0 is success. The resuming one finds in `$PAUSED` what the pausing one printed."""

    pausing: str
    resuming: str
    _paused: str = field(default="", init=False)

    async def pause(self) -> tuple[bool, str]:
        succeeded, self._paused = await run(self.pausing)
        return succeeded, self._paused

    async def resume(self) -> tuple[bool, str]:
        return await run(self.resuming, PAUSED=self._paused)


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions, called in a thread; what they raise is a failure."""

    pausing: Callable[[], object]
    resuming: Callable[[], object]

    async def pause(self) -> tuple[bool, str]:
        return await _called(self.pausing)

    async def resume(self) -> tuple[bool, str]:
        return await _called(self.resuming)


async def _called(function: Callable[[], object]) -> tuple[bool, str]:
    try:
        await asyncio.to_thread(function)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is told, and fails the run
        return False, f"{type(error).__name__}: {error}"
    return True, ""


async def run(command: str, body: bytes = b"", **variables: str) -> tuple[bool, str]:
    """A shell command with `body` on its standard input: whether it ended with 0, and what it printed."""
    process = await asyncio.create_subprocess_shell(
        command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **variables},
    )
    try:
        async with asyncio.timeout(COMMAND_SECONDS_MAX):
            said, errors = await process.communicate(body)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False, f"it took more than {COMMAND_SECONDS_MAX:.0f} seconds"
    if process.returncode:
        return False, f"it ended with {process.returncode}: {(said + errors).decode(errors='replace').strip()[-300:]}"
    return True, said.decode(errors="replace").strip()
