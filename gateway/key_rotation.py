"""The subjects' key goes and another comes, so that nobody can be followed for longer than needed.

A subject is known again by its hash: so the key changes where nobody is under way, and between two
days, when the uses of a day are counted anew.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TypeVar

from devices.moment import Moment
from edge_rules.inputs import AlarmSeen, Input, Noted
from edge_rules.lane import LaneState
from edge_rules.site import SiteState
from gateway.keys import (
    KEY_BYTES,
    draft_subject_key,
    forget_old_subject_keys,
    subject_key_made_ms,
    swap_subject_key,
)
from gateway.ports import Clock

log = logging.getLogger(__name__)

BEFORE_MIDNIGHT = timedelta(minutes=5)  # by which a day's uses may be counted anew too early
OVERDUE_DAYS = 7  # nights on which no moment was quiet, until somebody is told
LOOK_S, LOOK_CLOSELY_S = 20.0, 0.5
Result = TypeVar("Result")

ROTATED, OVERDUE, OVERDUE_SEVERITY = "key-rotated", "key-overdue", 2


def days_over(made_ms: int, now_ms: int, zone: tzinfo, days: int) -> int:
    """Return for how many days a key has been due, below 0 while it is not.

    It is due from five minutes before the midnight that makes it `days` old. One of the future was
    made by a wrong clock, and is due at once.
    """
    age = _date(now_ms, zone, BEFORE_MIDNIGHT) - _date(made_ms, zone, timedelta())
    return 0 if age.days < 0 else age.days - days


def quiet(state: SiteState, now: Moment) -> bool:
    """Tell whether nobody is under way whose subject the rules would have to know again."""
    if any(map(_at_work, state.lanes.values())):
        return False
    if any(now.boot_ms < granted.until_ms for granted in state.granted):
        return False
    zone = state.rules.zone
    today = _date(now.wall_ms, zone, timedelta())
    counted = bool(state.uses) and state.uses_date == today.isoformat()
    return not counted or _date(now.wall_ms, zone, BEFORE_MIDNIGHT) > today


def _at_work(lane: LaneState) -> bool:
    return bool(lane.gathering or lane.waiting or lane.grant or lane.referred)


def _date(wall_ms: int, zone: tzinfo, ahead: timedelta) -> date:
    return (datetime.fromtimestamp(wall_ms / 1000, UTC) + ahead).astimezone(zone).date()


@dataclass(slots=True)
class KeyRotation:
    """Rotates one site's key: `rekey` gives the new one to all who hash.

    `idle` tells that nothing hashed under the old one waits outside the rules.
    """

    data: Path
    zone: tzinfo
    days: int
    state: Callable[[], SiteState]
    idle: Callable[[], bool]
    rekey: Callable[[bytes], None]
    take: Callable[[Input], None]
    clock: Clock
    worker: Executor
    token: Callable[[int], str]
    _draft: Path | None = None

    async def run(self) -> None:
        """Look for a quiet moment for ever, whenever the key is due."""
        await self._beside(forget_old_subject_keys, self.data)
        while True:
            try:
                due = await self._look()
            except OSError as error:
                due = False
                self._tell(f"the data folder takes no new key: {error.strerror}")
            await asyncio.sleep(LOOK_CLOSELY_S if due else LOOK_S)

    async def _look(self) -> bool:
        """Rotate if it is time; tell whether it still has to be."""
        made_ms = await self._beside(subject_key_made_ms, self.data)
        now = self.clock.now()
        over = days_over(made_ms, now.wall_ms, self.zone, self.days)
        if over < 0 or self.state().clock.why is not None:  # by which clock would it be due?
            return False
        if self._draft is None:
            key = bytes.fromhex(self.token(KEY_BYTES))
            self._draft = await self._beside(draft_subject_key, self.data, key)
        if not self._swapped(made_ms):
            if over >= OVERDUE_DAYS:
                self._tell(f"no moment of {over} nights was quiet; restart the gateway in one")
            return True
        await self._beside(forget_old_subject_keys, self.data)
        return False

    def _swapped(self, made_ms: int) -> bool:
        """Change the key in one turn of the loop, in which nothing is read."""
        now = self.clock.now()
        if self._draft is None or not (self.idle() and quiet(self.state(), now)):
            return False
        draft, self._draft = self._draft, None
        self.rekey(swap_subject_key(self.data, draft, now.wall_ms))
        age = (now.wall_ms - made_ms) // 86_400_000
        self.take(Noted(ROTATED, {"age_days": max(0, age), "days": self.days}))
        log.info("the subjects' key was changed")
        return True

    def _tell(self, detail: str) -> None:
        log.warning("%s", detail)
        self.take(AlarmSeen(OVERDUE, OVERDUE_SEVERITY, detail=detail))

    async def _beside(self, do: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.worker, do, *args)
