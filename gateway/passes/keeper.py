"""Passes while the gateway runs: issued and revoked over the API, files followed as they change."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeVar

from devices.errors import SetupError
from devices.moment import format_stamp
from edge_rules.credentials.credential import Credential, CredentialKind
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.credentials.subject import keyed_subject
from edge_rules.inputs import AlarmSeen, Input, Noted
from gateway.lying_still import LyingStill
from gateway.passes.by_number import credential_by_number
from gateway.passes.ledger import PassRecord
from gateway.passes.link import link
from gateway.passes.office import Issued, PassError
from gateway.passes.pass_files import Stamp, load_passes
from gateway.passes.request import PassAsked, request
from gateway.passes.site_passes import SitePasses
from gateway.passes.told import told
from gateway.ports import Clock

log = logging.getLogger(__name__)

# Twice the same before it is read: nobody is in the middle of writing it. So a revocation that
# another process wrote holds after two seconds.
LOOK_S = 0.9
UNREADABLE, UNREADABLE_SEVERITY = "passes-unreadable", 3
UNSHARED, UNSHARED_SEVERITY = "passes-unshared", 2

Result = TypeVar("Result")


class PassKeeper:
    """Satisfies `gateway.ports.PassDesk`; `trusted` is told when more is known than `known`."""

    def __init__(
        self,
        passes: SitePasses,
        known: PassTrust,
        trusted: Callable[[PassTrust], None],
        take: Callable[[Input], None],
        subject_key: bytes,
        worker: Executor,
        clock: Clock,
    ) -> None:
        self._passes = passes
        self._office = passes.office()
        self._trusted = trusted
        self._take = take
        self.subject_key = subject_key
        self._worker = worker
        self._clock = clock
        self._known = known
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Follow the files for ever."""
        await LyingStill(self._stamps, self._changed).run(LOOK_S)

    async def issue(self, asked: PassAsked, by: str) -> dict[str, Any]:
        """Hand a pass out; RequestError says what can't be."""
        now_ms = self._clock.now().wall_ms
        wanted = request(asked, self._passes.bounds, now_ms // 1000)
        issued: Issued = await self._beside(self._office.issue, wanted, now_ms)
        await self._reload()  # the first pass of a new key
        await self._share()
        record = issued.record
        self._note("pass-issued", record, by, person=record.person, until=record.until)
        return {
            **told(record, None),
            "link": link(self._passes.url or "", issued, self._passes.name),
            "text": None if record.rotating else issued.signed.text,
        }

    async def records(self) -> list[dict[str, Any]]:
        """List all passes, the newest first; nobody's name is among what is known of them."""
        found = await self._beside(self._office.records)
        return [told(record, revoked) for record, revoked in reversed(found)]

    async def revoke(self, name: str, by: str) -> dict[str, Any] | None:
        """Take a pass back at once; None where no pass, or more than one, is called so."""
        now_ms = self._clock.now().wall_ms
        record: PassRecord | None = await self._beside(self._office.revoke, name, now_ms)
        if record is None:
            return None
        await self._reload()
        await self._share()
        self._note("pass-revoked", record, by)
        return told(record, format_stamp(now_ms))

    async def by_number(self, number: str) -> Credential | None:
        """Judge the one printed pass whose number begins so; None if there is none, or several."""
        found = await self._beside(self._office.named, number)
        if len(found) != 1:
            return None
        now_ms, estate = self._clock.now().wall_ms, self._passes.estate
        try:
            return credential_by_number(found[0][0], self._known, estate, now_ms, self.subject_key)
        except ValueError as error:
            log.warning("a pass on record can't be judged: %s", type(error).__name__)
            return None

    async def _stamps(self) -> tuple[Stamp, ...]:
        return await self._beside(self._passes.folders.stamps)

    async def _changed(self, _: tuple[Stamp, ...]) -> None:
        await self._reload()

    async def _reload(self) -> None:
        async with self._one_at_a_time:
            passes = self._passes
            try:
                known = await self._beside(load_passes, passes.folders, passes.estate, passes.zone)
            except SetupError as error:
                fault = error.faults[0]
                detail = f"{Path(fault.source).name}: {fault.what}"
                log.warning("passes are judged as before: %s", detail)
                self._take(AlarmSeen(UNREADABLE, UNREADABLE_SEVERITY, detail=detail))
                return
            before, self._known = self._known, known
            if known != before:
                self._trusted(known)
            if (known.keys, known.revoked) != (before.keys, before.revoked):
                body = {"keys": len(known.keys), "revoked": len(known.revoked)}
                self._take(Noted("passes-changed", body))

    async def _share(self) -> None:
        try:
            await self._beside(self._office.share, self._clock.now().wall_ms)
        except PassError as error:
            log.warning("%s", error)
            self._take(AlarmSeen(UNSHARED, UNSHARED_SEVERITY, detail=str(error)))

    def _note(self, type_: str, record: PassRecord, by: str, **more: object) -> None:
        subject = keyed_subject(self.subject_key, CredentialKind.ESTATE_PASS, record.id)
        self._take(Noted(type_, {"by": by, "subject": subject, **more}))

    async def _beside(self, do: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._worker, do, *args)
