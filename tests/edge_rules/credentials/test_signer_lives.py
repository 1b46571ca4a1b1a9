"""edge_rules.credentials.signer_lives."""

from edge_rules.credentials.certificate import read_certificate
from edge_rules.credentials.signer_lives import ending, last_signers
from simulators.dcc_issuer import DccIssuer

END_MS = 1_800_000_000_000
DAY_MS = 86_400_000


def signer(name: str, days: int, *entries: str, country: str = "DE") -> object:
    made = DccIssuer(
        name, country=country, entries=entries or None, not_after_ms=END_MS + days * DAY_MS
    )
    return read_certificate(made.certificate_der)


def test_the_last_of_each_country_and_entry_is_found() -> None:
    signers = [
        signer("any", 1), signer("old", 0),
        signer("tests", 9, "test"), signer("tests", 5, "test"),
        signer("else", 3, country="FR"),
    ]  # fmt: skip
    found = last_signers(signers)  # type: ignore[arg-type]
    assert [
        (one.country, set(one.entries), (one.not_after_ms - END_MS) // DAY_MS) for one in found
    ] == [
        ("DE", {"vaccination", "recovery"}, 1),
        ("FR", {"vaccination", "recovery", "test"}, 3),
        ("DE", {"test"}, 9),
    ]


def test_ends_lie_between_two_moments() -> None:
    found = last_signers([signer("one", 0)])  # type: ignore[list-item]
    assert ending(found, END_MS - 1, END_MS) == found
    assert ending(found, END_MS, END_MS + 1) == []
