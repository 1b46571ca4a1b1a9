"""Joins the crash test to the simulators: the crowd's devices, an issuer's codes, a policy."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.crashtest.evidence import OpenedGate, SentReading
from gateway.crashtest.street import Lane
from simulators.crowd import CrowdLane, LaneOfCrowd, Ledger, crowd_at_work, keep_coming
from simulators.dcc_issuer import HealthCodes
from simulators.estates import ISSUER, POLICY, lay_out
from simulators.issuer_folder import codes_of, load_issuer

TRUST = "trust"


@dataclass(frozen=True, slots=True)
class SimulatedCrowd:
    """Satisfies `gateway.crashtest.street.Crowd`."""

    lanes: Sequence[LaneOfCrowd]
    codes: HealthCodes
    ledger: Ledger
    stamped: bool

    @property
    def sent(self) -> Sequence[SentReading]:
        """Return every reading that was published, or tried to be."""
        return self.ledger.sent

    @property
    def opened(self) -> Sequence[OpenedGate]:
        """Return every opening of every gate."""
        return self.ledger.opened

    async def keep_coming(self, rate_per_s: float) -> None:
        """Let people come until cancelled; the devices stay."""
        await keep_coming(self.lanes, rate_per_s, self.codes, self.ledger, stamped=self.stamped)


class SimulatedStreet:
    """Satisfies `gateway.crashtest.street.Street`; without `stamped` readings carry no time."""

    def __init__(self, folder: Path, *, stamped: bool = True) -> None:
        self._issuer = load_issuer(folder / ISSUER)
        self._stamped = stamped

    def lay_out(self, folder: Path) -> tuple[str, str]:
        """Write a policy and a trust folder; return their names."""
        lay_out(folder, self._issuer)
        return POLICY, TRUST

    @asynccontextmanager
    async def crowd(
        self, broker_url: str, site: str, lanes: Sequence[Lane]
    ) -> AsyncIterator[SimulatedCrowd]:
        """Keep all devices connected while the block runs."""
        at = [CrowdLane(lane.lane, lane.scanner, lane.thermometer, lane.gate) for lane in lanes]
        ledger = Ledger()
        async with crowd_at_work(broker_url, site, at, ledger) as at_work:
            yield SimulatedCrowd(at_work, codes_of(self._issuer), ledger, self._stamped)
