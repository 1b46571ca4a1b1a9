"""What may stay: counts about ten people or more, the same that the HQ was told. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from devices.moment import parse_stamp
from gateway.ports import Event
from gateway.upwards.health_hours import HOUR_MS, HealthHours
from gateway.upwards.windows import MARK


def kept_counts(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Add the health windows of a record up; where it has none, make one of the whole.

    Only windows that were closed are added: of those the HQ has the numbers already, so that no
    difference of the two is about anybody.
    """
    hours: HealthHours | None = None
    whole: HealthHours | None = None
    sums: Counter[tuple[str, str, str]] = Counter()
    marked, last = False, 0
    for event in events:
        if hours is None or whole is None:
            hours, whole = (HealthHours(event["seq"] - 1, HOUR_MS) for _ in range(2))
        last = event["seq"]
        hours.take(event)
        whole.take(event)
        if event["type"] == MARK:
            marked = True
            from_ms, to_ms = parse_stamp(event["from"]), parse_stamp(event["to"])
            _add(sums, hours.close(last, from_ms, to_ms))
    if not marked and whole is not None:
        _add(sums, whole.close(last, 0, HOUR_MS))
    return [
        {"decision": decision, "reason": reason, "credential": credential, "count": count}
        for (decision, reason, credential), count in sorted(sums.items())
    ]


def _add(sums: Counter[tuple[str, str, str]], told: dict[str, Any] | None) -> None:
    for line in told["decisions"] if told else ():
        sums[line["decision"], line["reason"], line["credential"]] += line["count"]
