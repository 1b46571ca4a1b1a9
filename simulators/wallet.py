"""What people carry: health codes of the simulation's own issuer, good, expired or forged."""

from typing import Protocol

from simulators.people import Kind


class CodeIssuer(Protocol):
    """Whoever makes the codes; `holder` tells one person from another."""

    def valid(self, holder: str) -> str:
        """Make a code that holds."""
        ...

    def expired(self, holder: str) -> str:
        """Make a genuine code whose time is over."""
        ...

    def forged(self, holder: str) -> str:
        """Make a code whose signature is not the issuer's."""
        ...


class Wallet:
    """Hands each person the code that fits what is special about them."""

    def __init__(self, issuer: CodeIssuer) -> None:
        self._make = {
            Kind.HEALTHY: issuer.valid,
            Kind.FEVERED: issuer.valid,
            Kind.WALK_AWAY: issuer.valid,
            Kind.EXPIRED: issuer.expired,
            Kind.FORGED: issuer.forged,
        }

    def code(self, kind: Kind, holder: str) -> str | None:
        """Return the text of a person's code, or None for who has none."""
        make = self._make.get(kind)
        return make(holder) if make else None
