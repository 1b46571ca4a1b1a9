"""The part of a rotating pass that changes: the phone's signature over the pass and the time step.

It stands in the unprotected header, so that the pass around it stays the one that was signed. A
photograph of it is worth as much as its step: until the lane's clock is more than one step on.
"""

from dataclasses import dataclass

from edge_rules.credentials.cose import Sign1
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

PROOF = -65_537  # its label, of those for private use
STEP_MS = 30_000
STEPS_OFF = 1  # a phone's clock may differ by so many: a code dies within a minute
STEP_BYTES = 4
SIGNATURE_BYTES = 64
SIGNED_AS = b"menshen-pass/1"  # what this key signs can be taken for nothing else

STRUCTURE = Refusal(Stage.COSE, "proof-structure", CredentialStatus.UNREADABLE)


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """One step, counted from the epoch, and the phone's ES256 signature."""

    step: int
    signature: bytes


def read_proof(envelope: Sign1) -> Proof | None:
    """Return the proof beside a pass, None where there is none; Refused for anything else."""
    if PROOF not in envelope.headers:
        return None
    data = envelope.headers[PROOF]
    if not isinstance(data, bytes) or len(data) != STEP_BYTES + SIGNATURE_BYTES:
        raise Refused(STRUCTURE)
    return Proof(int.from_bytes(data[:STEP_BYTES], "big"), data[STEP_BYTES:])


def step_of(at_ms: int) -> int:
    """Return the step that a time lies in."""
    return at_ms // STEP_MS


def challenge(pass_id: bytes, step: int) -> bytes:
    """Lay out what the phone signs."""
    return SIGNED_AS + pass_id + step.to_bytes(STEP_BYTES, "big")
