"""How another policy comes into force: offered, rolled back to, ordered, and given up again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devices.moment import format_stamp
from edge_rules.inputs import OperatorActed, OrderGiven, OrderRefused, PolicyOffered, PolicyRefused
from edge_rules.operating import ActResult
from edge_rules.orders.checking import check_again
from edge_rules.policies import (
    MAX_KEYS,
    MAX_KNOWN_ORDERS,
    MAX_ORDERS,
    Placed,
    Policies,
    Refusal,
    Seconding,
    Source,
    standing,
)
from edge_rules.turn import Turn

POLICY_REFUSED = "policy-refused"
ORDER_REFUSED = "order-refused"
ORDER_SUSPENDED = "order-suspended"
SUSPEND_WITHIN_MS = 600_000  # the second person may have to be fetched
SEVERITY = 2


def offer(policies: Policies, given: PolicyOffered, turn: Turn) -> Policies:
    """Let a policy of the site's own judge from the next visit on, or once no order stands."""
    seen = given.policy.hash if given.source is Source.FILE else policies.file
    policies = replace(policies, file=seen, refused=None)
    if given.policy.hash == policies.own.policy.hash:
        return policies
    placed = Placed(given.policy, given.source, given.by, turn.now.wall_ms)
    changed = replace(policies, own=placed, before=policies.own)
    if policies.orders:
        _record("policy-waits", changed, placed.told, turn)
        return changed
    return told(policies, changed, given.source, given.by, turn)


def refuse(policies: Policies, given: PolicyRefused, turn: Turn) -> Policies:
    """Keep what is in force, and say what is wrong with the other one."""
    body = {
        "source": given.source.value, "by": given.by, "fault": given.fault,
        "faults": given.faults,
    }  # fmt: skip
    turn.record(POLICY_REFUSED, body)
    turn.alarms = tuple(a for a in turn.alarms if a.alarm != POLICY_REFUSED)  # another fault now
    turn.alarm(POLICY_REFUSED, SEVERITY, None, None, detail=given.fault)
    refused = Refusal(given.source, given.by, turn.now.wall_ms, given.fault, given.faults)
    return replace(policies, refused=refused)


def roll_back(policies: Policies, act: OperatorActed, turn: Turn) -> tuple[Policies, ActResult]:
    """Go one step back to the policy that was in force before; once more goes forth again."""
    refused = None
    if policies.orders:
        refused = "order-stands"
    elif policies.before is None:
        refused = "nothing-before"
    _acted(act, turn, refused=refused)
    if refused or policies.before is None:
        return policies, ActResult(refused=refused)
    back = Placed(policies.before.policy, Source.ROLLBACK, act.by, turn.now.wall_ms)
    changed = replace(policies, own=back, before=policies.own, refused=None)
    return told(policies, changed, Source.ROLLBACK, act.by, turn), ActResult()


def take_order(policies: Policies, given: OrderGiven, turn: Turn) -> Policies:
    """Lay an order's policy over the site's own; what happened since it was checked counts."""
    order = given.order
    if order.id in policies.known:
        return policies  # it had its effect
    last = policies.sequences.get(given.key, 0)
    refusal = check_again(order, turn.now.wall_ms, last, clock_trusted=turn.clock_trusted)
    if refusal is not None:
        refused = OrderRefused(order.id, given.key, order.type, refusal.word, refusal.detail)
        return refuse_order(policies, refused, turn)
    placed = Placed(given.policy, Source.ORDER, order.id, turn.now.wall_ms)
    stands = standing(order.id, placed, order.ends_ms, turn.now)
    others = {key: n for key, n in policies.sequences.items() if key != given.key}
    kept = dict(list(others.items())[-MAX_KEYS + 1 :])
    changed = replace(
        policies,
        orders=(*policies.orders, stands)[-MAX_ORDERS:],
        sequences={**kept, given.key: order.sequence},
        known=(*policies.known, order.id)[-MAX_KNOWN_ORDERS:],
    )
    body = {
        "order": order.id, "kind": order.type, "key": given.key, "sequence": order.sequence,
        "issued": format_stamp(order.issued_ms), "ends": format_stamp(order.ends_ms),
        "why": order.reason, "policy": given.policy.hash,
    }  # fmt: skip
    _record("order-accepted", changed, body, turn)
    until = format_stamp(order.ends_ms)
    return told(policies, changed, Source.ORDER, order.id, turn, until=until)


def refuse_order(policies: Policies, given: OrderRefused, turn: Turn) -> Policies:
    """Put a refused order on record, for the people on site and for the HQ."""
    body = {
        "order": given.order, "key": given.key, "kind": given.kind, "reason": given.reason,
        "detail": given.detail,
    }  # fmt: skip
    turn.record(ORDER_REFUSED, body)
    turn.alarm(ORDER_REFUSED, SEVERITY, None, None, detail=given.detail)
    return policies


def suspend(policies: Policies, act: OperatorActed, turn: Turn) -> tuple[Policies, ActResult]:
    """Lift an order once two people on site want that; the HQ hears of it by an alarm."""
    order = policies.order(act.target or "")
    if order is None:
        _acted(act, turn, refused="unknown-order", order=act.target)
        return policies, ActResult(refused="unknown-order")
    asked = policies.seconding
    alone = (
        asked is None or asked.order != order.id or asked.by == act.by
        or turn.now.boot_ms > asked.until_ms
    )  # fmt: skip
    if asked is None or alone:
        _acted(act, turn, refused="needs-second-operator", order=order.id)
        mine = Seconding(order.id, act.by, turn.now.boot_ms + SUSPEND_WITHIN_MS)
        return replace(policies, seconding=mine), ActResult(refused="needs-second-operator")
    _acted(act, turn, refused=None, order=order.id)
    others = tuple(each for each in policies.orders if each is not order)
    changed = replace(policies, orders=others, seconding=None)
    _record(ORDER_SUSPENDED, changed, {"order": order.id, "by": [asked.by, act.by]}, turn)
    turn.alarm(ORDER_SUSPENDED, SEVERITY, None, None, detail=order.id)
    return told(policies, changed, Source.ORDER_SUSPENDED, order.id, turn), ActResult()


def end_orders(policies: Policies, turn: Turn) -> Policies:
    """Go back to what lies below the orders whose end has come."""
    over = [order for order in policies.orders if order.over(turn.now)]
    if not over:
        return policies
    rest = tuple(order for order in policies.orders if order not in over)
    changed = replace(policies, orders=rest)
    return told(policies, changed, Source.ORDER_ENDED, over[-1].id, turn)


def told(
    before: Policies,
    after: Policies,
    source: Source,
    by: str | None,
    turn: Turn,
    **more: Any,  # noqa: ANN401 - JSON is any data
) -> Policies:
    """Record that another policy judges, if one does; from here on it does."""
    was, now = before.current.policy, after.current.policy
    if was.hash == now.hash and before.recorded:
        return after
    body = {
        "policy": now.hash, "name": now.name, "source": source.value, "by": by,
        "before": was.hash if before.recorded else None, **more,
    }  # fmt: skip
    after = replace(after, recorded=True)
    _record("policy-changed", after, body, turn)
    turn.policy = now
    return after


def _record(type_: str, policies: Policies, body: Mapping[str, Any], turn: Turn) -> None:
    turn.record(type_, {**body, "stands": policies.stands})


def _acted(act: OperatorActed, turn: Turn, **more: object) -> None:
    body = {"act": act.act.value, "by": act.by, "role": act.role, "reason": act.reason}
    turn.record("operator-acted", {**body, "key": act.key, **more})
