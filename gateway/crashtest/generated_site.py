"""The site that is crashed: inward lanes enough for the rate, on this machine's loopback."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from gateway.access import Role, hash_token
from gateway.crashtest.street import Lane, Street
from gateway.tokens import TokenFile

SITE = "crashtest"
VISITS_A_LANE = 5.0  # a second; its gate needs some 0.1 s a person
OPEN_WITHIN_MS = 1000
PASS_WITHIN_MS = 2000
VISIT_WINDOW_MS = 3000


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens."""

    broker: int  # the witness's: nobody else may come between
    store: int
    page: int


def lanes_for(rate_per_s: float) -> list[Lane]:
    """Name as many lanes as the rate needs."""
    names = [f"lane-{number}" for number in range(max(2, ceil(rate_per_s / VISITS_A_LANE)))]
    return [Lane(name, f"{name}-scan", f"{name}-cam", f"{name}-gate") for name in names]


def write_site(folder: Path, street: Street, lanes: Sequence[Lane], ports: Ports) -> Path:
    """Lay the site file and what it names out; return its path."""
    policy, trust = street.lay_out(folder)
    nobody = {"authority": "crash test", "document": "none", "date": "2020-01-01"}
    site = {
        "site": SITE,
        "name": {"zh": "崩溃测试", "en": "Crash test"},
        "broker": {"url": f"mqtt://127.0.0.1:{ports.broker}"},
        "web": {"listen": f"127.0.0.1:{ports.page}"},
        "store": {
            "influx": {"url": f"http://127.0.0.1:{ports.store}", "org": "o", "bucket": "b"}
        },
        "policy": policy,
        "trust": trust,
        "legal": {
            "controller": "nobody", "contact": "nobody", "basis": "no person is screened",
            "document": "none", "ends": "2099-12-31",
        },
        "limits": [{"spot": "forehead", "kind": "surface", "celsius": 37.5, **nobody}],
        "lanes": [_lane(lane) for lane in lanes],
    }  # fmt: skip
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(site, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def add_token(data: Path, token: str) -> None:
    """Let a viewer in."""
    made = datetime.now(UTC).isoformat(timespec="seconds")
    name = f"crashtest-{hash_token(token)[:6]}"
    TokenFile(data).add(name, Role.VIEWER.value, hash_token(token), made)


def _lane(lane: Lane) -> dict[str, Any]:
    gate = {"device": lane.gate, "driver": "mqtt-gate", "fail": "secure", "egress": "mechanical"}
    return {
        "lane": lane.lane,
        "checkpoint": "gate",
        "direction": "in",
        "needs": ["credential", "temperature"],
        "visit_window_ms": VISIT_WINDOW_MS,
        "open_within_ms": OPEN_WITHIN_MS,
        "pass_within_ms": PASS_WITHIN_MS,
        "devices": [
            {"device": lane.scanner, "driver": "mqtt-scanner"},
            {"device": lane.thermometer, "driver": "mqtt-thermometer"},
            gate,
        ],
    }
