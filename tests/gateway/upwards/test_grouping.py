"""gateway.upwards.grouping and what is told of an hour."""

import json
from typing import Any

from gateway.upwards.grouping import Key, group, tell
from gateway.upwards.windows import windows
from tests.gateway.upwards.street import ESTATE, Street


def cells(**counts: int) -> dict[Key, tuple[int, frozenset[str]]]:
    """`admit_healthy=12` is twelve people of that decision and reason."""
    keys = {name: tuple(name.split("_")) for name in counts}
    return {
        (key[0], key[1], "eu-dcc"): (n, frozenset(f"{name}-{m}" for m in range(n)))
        for (name, key), n in zip(keys.items(), counts.values(), strict=True)
    }


def lines(**counts: int) -> list[tuple[str, str, int]]:
    found = cells(**counts)
    refusals = {key: n for key, (n, _) in found.items() if key[0] != "admit"}
    return [(t.decision, t.reason, t.count) for t in tell(group(found), refusals, 9)]


def test_large_cells_stand_alone() -> None:
    assert lines(admit_healthy=30, refer_fever=12, deny_expired=10) == [
        ("admit", "healthy", 30),
        ("deny", "expired", 10),
        ("refer", "fever", 12),
    ]


def test_one_of_twelve_is_not_to_be_seen() -> None:
    assert lines(admit_healthy=11, refer_fever=1) == [("other", "other", 12)]


def test_small_cells_join_within_a_decision_before_they_join_others() -> None:
    assert lines(admit_healthy=30, refer_fever=6, refer_missing=5, deny_expired=20) == [
        ("admit", "healthy", 30),
        ("deny", "expired", 20),
        ("refer", "other", 11),
    ]


def test_what_is_left_over_takes_a_large_cell_with_it() -> None:
    assert lines(admit_healthy=30, deny_code=14, deny_expired=3) == [
        ("admit", "healthy", 30),
        ("refused", "other", 17),
    ]


def test_refusals_that_all_had_one_reason_do_not_say_it() -> None:
    """A lane's minute with one refusal would be one person's reason."""
    assert lines(admit_healthy=30, refer_fever=12) == [
        ("admit", "healthy", 30),
        ("refused", "other", 12),
    ]


def test_nine_people_and_nothing_is_told() -> None:
    assert lines(admit_healthy=9) == []


def hours(street: Street) -> list[dict[str, Any]]:
    told = [json.loads(m.payload) for b in windows(street.events, ESTATE) for m in b.messages]
    return [e["data"] for e in told if e["data"].get("about") == "health"]


def test_a_window_widens_until_ten_people_came() -> None:
    street = Street()
    for n in range(12):
        street.decided(f"p-{n % 6 if n < 8 else n}")
        street.hour_ends()
    (told,) = hours(street)
    assert (told["people"], told["after"], told["through"]) == (10, 0, 24)
    assert [line["count"] for line in told["decisions"]] == [12]


def test_what_had_not_ten_people_in_a_day_is_never_told() -> None:
    street = Street()
    for n in range(9):
        street.decided(f"p-{n}")
    for _ in range(25):
        street.hour_ends()
    street.decided("p-9")
    street.hour_ends()
    assert hours(street) == []


def test_somebody_without_a_code_is_nobody_who_counts() -> None:
    street = Street()
    for _ in range(30):
        street.decided(None, "refer", "credential-missing")
    for n in range(9):
        street.decided(f"p-{n}")
    street.hour_ends()
    assert hours(street) == []


def test_nine_forged_codes_do_not_show_the_tenth_person() -> None:
    street = Street()
    street.decided("somebody", "refer", "temperature-high", celsius=38.9)
    for n in range(9):
        street.decided(f"forged-{n}", "deny", "code-forged", status="invalid")
    street.hour_ends()
    assert hours(street) == []


def test_free_words_of_a_policy_are_not_told() -> None:
    street = Street()
    for n in range(12):
        street.decided(f"p-{n}", "admit", "Mr Wang, flat 7")
    street.hour_ends()
    assert [line["reason"] for line in hours(street)[0]["decisions"]] == ["other"]
