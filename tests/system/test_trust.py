"""The trust folder of a running gateway: what comes into it holds at the lane, a fault does not."""

import asyncio
import json
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import clock_source
from simulators.dcc_issuer import DAY_MS, DccIssuer, invent_holder
from tests.servers import Server
from tests.system.gateway_process import menshen
from tests.system.test_passes import WITHIN_S, Checkpoint, checkpoint, issue

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(clock_source() is None, reason="this machine's clock was set by nothing"),
]

NEW = DccIssuer("new", country="FR")


def text(holder: str) -> str:
    now_ms = time.time_ns() // 1_000_000
    return NEW.issue("vaccination", invent_holder(holder), now_ms - DAY_MS, now_ms + 90 * DAY_MS)


async def happened(here: Checkpoint, type_: str, number: int, **like: str) -> dict[str, Any]:
    """Wait until something is on record so many times; the last of them."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            events = await here.running.events(type=type_)
            found = [e for e in events if all(e.get(k) == v for k, v in like.items())]
            if len(found) >= number:
                return found[-1]
            await asyncio.sleep(0.02)


@pytest.mark.timeout(240)
async def test_signers_and_revocations_count_at_the_lane_and_a_fault_changes_nothing(
    tmp_path: Path, broker: Server
) -> None:
    async with checkpoint(tmp_path / "site", broker, trust="trust") as here:
        trust = here.site.parent / "trust"
        printed = issue(here.site, "--static")
        await here.took_up()
        _, reason = await here.decides(text("ann"))
        assert reason == "issuer-unknown"

        certificate = tmp_path / "signer.crt"
        certificate.write_bytes(NEW.certificate_pem)
        assert menshen("trust", "add", here.site, certificate).returncode == 0
        changed = await happened(here, "trust-changed", 1)
        assert (changed["signers"], changed["revoked"]) == (2, 0)
        await here.settle()
        assert (await here.show(text("ann")))["credential"]["status"] == "valid"

        (trust / "bad.pem").write_bytes(b"no certificate")
        alarm = await happened(here, "alarm-raised", 1, alarm="trust-refused")
        assert alarm["detail"] == "bad.pem: holds no -----BEGIN CERTIFICATE----- block"
        await here.settle()
        assert (await here.show(text("bob")))["credential"]["status"] == "valid"

        (trust / "bad.pem").unlink()
        number = sha256(invent_holder("ann").uvci.encode()).digest()[:16]
        batch = {"kid": "UNKNOWN_KID", "hashType": "UCI",
                 "entries": [{"hash": b64encode(number).decode()}]}  # fmt: skip
        revoked_s = time.time()
        (trust / "fr.dcc-revoked.json").write_text(json.dumps(batch))
        await happened(here, "trust-changed", 2)
        took_s = time.time() - revoked_s
        await here.settle()
        _, reason = await here.decides(text("ann"))
        assert reason == "credential-revoked"
        assert took_s < WITHIN_S  # two seconds where nothing else runs

        # Passes are read on a way of their own: no change of the folder forgets them.
        await here.settle()
        decision, _ = await here.decides(printed["text"])
        assert decision == "admit"
