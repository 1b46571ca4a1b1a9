"""All checks side by side, each within its deadline and none able to hide the others."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from devices.errors import MenshenError
from gateway.doctor.findings import Finding, bad
from gateway.forwarding.side_thread import SideThread

WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at; `look` may block and is left behind when it takes too long."""

    name: str
    look: Callable[[], Iterable[Finding]]
    within_s: float = WITHIN_S


async def examine(checks: Sequence[Check]) -> list[Finding]:
    """Make all checks; findings come in the order of the checks."""
    found = await asyncio.gather(*map(_made, checks))
    return [finding for findings in found for finding in findings]


async def _made(check: Check) -> list[Finding]:
    try:
        return await SideThread(f"doctor-{check.name}").call(
            lambda: list(check.look()), check.within_s
        )
    except TimeoutError:
        said = f"no answer within {check.within_s:.0f} s"
        return [bad(check.name, said, "find out what hangs: a disk, a network, a name service")]
    except MenshenError as error:
        return [bad(check.name, str(error), "see there")]
    except Exception as error:
        said = f"could not be looked at: {type(error).__name__}: {error}"
        return [bad(check.name, said, "mend what it names, then ask again")]
