"""Lanes as a guard may meet them on a bad morning: for the browser's tests and the picture."""

from typing import Any

from devices.moment import format_stamp
from gateway.web.lane_view import LaneView
from tests.gateway.web.site_in_memory import Site, decided, lane_view


def ago(now_ms: int, seconds: float) -> str:
    return format_stamp(now_ms - round(seconds * 1000))


def last(decision: str, reasons: list[str], at: str, **changed: object) -> dict[str, Any]:
    """The last person of a lane."""
    return {
        "event": "event-1",
        "visit": "visit-1",
        "decision": decision,
        "reasons": reasons,
        "celsius": 36.5,
        "credential": {"kind": "eu-dcc", "status": "valid"},
        "at": at,
        "say": None,
    } | changed


def gate(lane: str, door: str = "closed", *, online: bool = True) -> dict[str, Any]:
    return {"device": f"{lane}-gate", "online": online, "door": door if online else "unknown"}


def devices(lane: str, *offline: str) -> list[dict[str, Any]]:
    return [
        {"device": f"{lane}-{role}", "role": role, "online": role not in offline}
        for role in ("scanner", "thermometer", "gate")
    ]


def bad_morning(now_ms: int) -> list[LaneView]:
    """Eight lanes: admitted, feverish, refused, locked down, released, and three ways out."""
    fevered = last(
        "refer", ["temperature-high"], ago(now_ms, 21), celsius=37.6, visit="v-2", event="e-2"
    )
    waits = {"visit": "v-2", "event": "e-2", "at": ago(now_ms, 21), "answered": False}
    earlier = {"visit": "v-1", "event": "e-1", "at": ago(now_ms, 48), "answered": False}
    forged = last(
        "deny",
        ["credential-forged"],
        ago(now_ms, 4),
        credential={"kind": "eu-dcc", "status": "invalid"},
    )
    offline = last("refer", ["gate-offline"], ago(now_ms, 95), celsius=36.4)
    alarm = {"id": "a-1", "alarm": "tailgating", "severity": 3, "at": ago(now_ms, 9)}
    dead = {"id": "a-2", "alarm": "device-offline", "severity": 2, "at": ago(now_ms, 130)}
    return [
        lane_view(
            "north-in",
            name={"zh": "北门 进", "en": "North gate in"},
            gate=gate("north-in", "open"),
            waiting=2,
            grant={"id": "g-1", "until": ago(now_ms, -3)},
            last=last("admit", ["healthy"], ago(now_ms, 2)),
            devices=devices("north-in"),
        ),
        lane_view(
            "north-out",
            name={"zh": "北门 出", "en": "North gate out"},
            direction="out",
            gate=gate("north-out"),
            devices=devices("north-out"),
        ),
        lane_view(
            "south-in",
            name={"zh": "南门 进", "en": "South gate in"},
            gate=gate("south-in"),
            waiting=5,
            last=fevered,
            referred=[earlier, waits],
            devices=devices("south-in"),
        ),
        lane_view(
            "south-out",
            name={"zh": "南门 出", "en": "South gate out"},
            direction="out",
            gate=gate("south-out", "held"),
            devices=devices("south-out"),
            alarms=[alarm | {"alarm": "held", "device": "south-out-gate", "lane": "south-out"}],
        ),
        lane_view(
            "delivery",
            name={"zh": "快递通道", "en": "Deliveries"},
            gate=gate("delivery"),
            visit={
                "id": "v-9",
                "since": ago(now_ms, 3),
                "has": ["credential"],
                "lacks": ["temperature"],
            },
            last=forged,
            devices=devices("delivery"),
            alarms=[alarm | {"device": "delivery-gate", "lane": "delivery"}],
        ),
        lane_view(
            "west-in",
            name={"zh": "西门 进", "en": "West gate in"},
            gate=gate("west-in", online=False),
            last=offline,
            waiting=1,
            devices=devices("west-in", "gate", "thermometer"),
            alarms=[dead | {"device": "west-in-gate", "lane": "west-in"}],
        ),
        lane_view(
            "east-in",
            name={"zh": "东门 进", "en": "East gate in"},
            mode="lockdown",
            gate=gate("east-in"),
            last=last("refer", ["lockdown"], ago(now_ms, 300)),
            devices=devices("east-in"),
        ),
        lane_view(
            "garage",
            name={"zh": "车库入口", "en": "Garage"},
            mode="released",
            gate=gate("garage", "open"),
            last=last("admit", ["healthy"], ago(now_ms, 4000)),
            devices=devices("garage"),
        ),
    ]


def busy_record(site: Site, now_ms: int) -> None:
    """Put on record what led to the lanes of a bad morning."""
    for type_, seconds, body in _happenings():
        site.happen(type_, at=ago(now_ms, seconds), **body)


Happening = tuple[str, float, dict[str, Any]]


def _happenings() -> list[Happening]:
    expired = {"kind": "eu-dcc", "status": "expired", "subject": "s-4"}
    forged = {"kind": "eu-dcc", "status": "invalid", "subject": "s-7"}
    return [
        ("device-offline", 131, _at("west-in")),
        ("alarm-raised", 130, _at("west-in") | {"alarm": "device-offline", "severity": 2}),
        _refused("west-in", 95, "gate-offline", celsius=36.4),
        ("operator-acted", 80, {"lane": "garage", "act": "release", "by": "guard-post"}),
        _refused("south-in", 48, "credential-expired", celsius=36.8, credential=expired),
        *_passes("north-in", 45, 36.4),
        *_passes("delivery", 33, 36.2),
        *_passes("north-in", 28, 36.7),
        _refused("south-in", 21, "temperature-high", celsius=37.6),
        ("alarm-raised", 9, _at("delivery") | {"alarm": "tailgating", "severity": 3}),
        ("gate-alarm", 9, _at("south-out") | {"alarm": "held"}),
        _refused("delivery", 4, "credential-forged", decision="deny", credential=forged),
        ("passage-decided", 2, decided(lane="north-in")),
        ("gate-opened", 1.7, _at("north-in") | {"command": "c-9"}),
    ]


def _at(lane: str, role: str = "gate") -> dict[str, Any]:
    return {"lane": lane, "device": f"{lane}-{role}"}


def _refused(lane: str, seconds: float, reason: str, **changed: object) -> Happening:
    body = decided(lane=lane, decision="refer", reasons=[reason], grant=None)
    return "passage-decided", seconds, body | changed


def _passes(lane: str, seconds: float, celsius: float) -> list[Happening]:
    return [
        ("reading-received", seconds + 0.8, _at(lane, "scanner") | {"kind": "scan"}),
        ("reading-received", seconds + 0.5, _at(lane, "thermometer") | {"kind": "temperature"}),
        ("passage-decided", seconds, decided(lane=lane, celsius=celsius)),
        ("gate-commanded", seconds, _at(lane) | {"command": f"c-{seconds}"}),
        ("gate-opened", seconds - 0.3, _at(lane) | {"command": f"c-{seconds}"}),
        ("passage-completed", seconds - 2, _at(lane)),
    ]
