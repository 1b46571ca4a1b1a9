"""A signed pass as it is shown: on paper as it is, on a phone with the proof of the moment."""

from dataclasses import dataclass

import cbor2
from cbor2 import CBORTag

from edge_rules.credentials.base45 import ALPHABET
from edge_rules.credentials.cose import ALGORITHM as ALGORITHM_LABEL
from edge_rules.credentials.cose import KEY_ID, SIGN1_TAG, Sign1
from edge_rules.credentials.estate_pass import ALGORITHM, PREFIX
from edge_rules.credentials.pass_terms import PassTerms, write_terms
from gateway.passes.signing import PassKey


@dataclass(frozen=True, slots=True, repr=False)
class SignedPass:
    """A COSE_Sign1 in the two pieces between which the unprotected header goes."""

    terms: PassTerms
    head: bytes
    tail: bytes

    @property
    def text(self) -> str:
        """What the QR code of a printed pass says."""
        return PREFIX + encode_base45(self.head + cbor2.dumps({}) + self.tail)


def seal(terms: PassTerms, key: PassKey) -> SignedPass:
    """Sign a pass."""
    protected = cbor2.dumps({ALGORITHM_LABEL: ALGORITHM, KEY_ID: key.kid})
    payload = write_terms(terms)
    unsigned = Sign1(protected, {}, payload, b"")
    signature = key.sign(unsigned.to_be_signed)
    whole = cbor2.dumps(CBORTag(SIGN1_TAG, [protected, {}, payload, signature]))
    tail = cbor2.dumps(payload) + cbor2.dumps(signature)
    empty = cbor2.dumps({})
    return SignedPass(terms, whole[: len(whole) - len(tail) - len(empty)], tail)


def encode_base45(data: bytes) -> str:
    """Encode as RFC 9285 says: two bytes as three characters, a last one as two."""
    text = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text.append(ALPHABET[digit])
    return "".join(text)
