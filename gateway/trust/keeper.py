"""The trust folder while the gateway runs: a change counts whole, a fault leaves all as it was."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from devices.errors import Fault, SetupError
from devices.moment import format_stamp
from edge_rules.credentials.signer_lives import LastSigner, ending, last_signers
from edge_rules.credentials.trust import TrustContents, TrustStore
from edge_rules.inputs import AlarmSeen, Input, Noted
from gateway.lying_still import LyingStill
from gateway.ports import Clock
from gateway.trust.pieces import contents_of
from gateway.trust.reading_child import read_folder_aside
from gateway.trust_folder import Stamps, TrustSource, read_folder, size_of, stamps_of

log = logging.getLogger(__name__)

LOOK_S = 0.9  # twice the same before it is read: a list that came holds within two seconds
LARGE = 128 * 1024  # bytes; reading less takes about as long as starting a process
ENDS_LOOK_S = 60.0
DAY_MS = 86_400_000
AHEAD_MS = 14 * DAY_MS
TOLD = 5  # countries that a sentence names

REFUSED, REFUSED_SEVERITY = "trust-refused", 3
EXPIRING, EXPIRING_SEVERITY = "trust-expiring", 2
EXPIRED, EXPIRED_SEVERITY = "trust-expired", 3
CHANGED = "trust-changed"

Result = TypeVar("Result")


class TrustKeeper:
    """Follows one folder; `trusted` is given each sound store, `known` is the one of the start."""

    def __init__(
        self,
        source: TrustSource,
        known: TrustStore,
        trusted: Callable[[TrustStore], None],
        take: Callable[[Input], None],
        worker: Executor,
        clock: Clock,
    ) -> None:
        self._source = source
        self._known = known
        self._trusted = trusted
        self._take = take
        self._worker = worker
        self._clock = clock
        self._lasts = last_signers(known.signers)
        self._told_ms: dict[str, int] = {}

    async def run(self) -> None:
        """Follow the folder for ever; what could not be read this time ends it with an error."""
        still = LyingStill(self._stamps, self._changed, self._source.stamps)
        await still.run(LOOK_S)

    async def watch_ends(self) -> None:
        """Tell of signers that end soon or have ended, each at most once a day, for ever."""
        while True:
            self.tell_ends()
            await asyncio.sleep(ENDS_LOOK_S)

    def tell_ends(self) -> None:
        """Raise what is due now."""
        now_ms = self._clock.now().wall_ms
        over = ending(self._lasts, float("-inf"), now_ms)
        soon = ending(self._lasts, now_ms, now_ms + AHEAD_MS)
        self._alarm_daily(EXPIRED, EXPIRED_SEVERITY, over, now_ms)
        self._alarm_daily(EXPIRING, EXPIRING_SEVERITY, soon, now_ms)

    async def _changed(self, stamps: Stamps) -> None:
        try:
            contents = await self._read(stamps)
            if await self._stamps() != stamps:
                return  # changed while it was read: the next looks find it lying still
            if contents.digest == self._known.digest:
                return
            store = await self._beside(self._made, contents)
        except SetupError as error:
            self._refuse(error.faults)
            return
        self._known, self._lasts = store, await self._beside(last_signers, store.signers)
        self._trusted(store)
        self._take(Noted(CHANGED, _counted(store)))
        self.tell_ends()

    async def _read(self, stamps: Stamps) -> TrustContents:
        folder = self._source.folder
        if size_of(stamps) <= LARGE:
            return await self._beside(read_folder, folder)
        return await self._beside(contents_of, await read_folder_aside(folder))

    def _made(self, contents: TrustContents) -> TrustStore:
        """Make the store; rules that stayed as they were are not compiled again."""
        known = self._known
        same = contents.rules_digest == known.rules_digest
        book = known.rules if same else contents.rules.book(self._source.place)
        return TrustStore.of(contents, book)

    def _refuse(self, faults: Sequence[Fault]) -> None:
        fault = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        place = f":{fault.line}:{fault.column}" if fault.line > 1 or fault.column > 1 else ""
        detail = f"{os.path.basename(fault.source)}{place}: {fault.what}{more}"  # noqa: PTH119
        log.warning("credentials are judged by the trust of before: %s", detail)
        self._take(AlarmSeen(REFUSED, REFUSED_SEVERITY, detail=detail))

    def _alarm_daily(
        self, alarm: str, severity: int, lasts: Sequence[LastSigner], now_ms: int
    ) -> None:
        told_ms = self._told_ms.get(alarm)
        if not lasts or (told_ms is not None and 0 <= now_ms - told_ms < DAY_MS):
            return
        self._told_ms[alarm] = now_ms
        detail = sentence_on(lasts)
        log.warning("%s: %s", alarm, detail)
        self._take(AlarmSeen(alarm, severity, detail=detail))

    async def _stamps(self) -> Stamps:
        return await self._beside(stamps_of, self._source.folder)

    async def _beside(self, do: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._worker, do, *args)


def sentence_on(lasts: Sequence[LastSigner]) -> str:
    """Say whose last signers these are, and when they end."""
    named = ", ".join(
        f"{one.country or 'no country'} {format_stamp(one.not_after_ms)[:10]}"
        for one in lasts[:TOLD]
    )
    more = f" and {len(lasts) - TOLD} more" if len(lasts) > TOLD else ""
    return f"the last signer ends: {named}{more}; import a fresh list"


def _counted(store: TrustStore) -> dict[str, object]:
    return {
        "hash": store.digest[:16],
        "signers": len(store.signers),
        "issuers": len(store.cards),
        "revoked": len(store.revoked) + len(store.cards.revoked),
        "rules": len(store.rules),
    }
