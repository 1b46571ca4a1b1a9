"""What `menshen bench credential` judges: people who don't exist, by the simulation's issuers."""

from collections.abc import Iterator
from functools import partial

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from edge_rules.credentials.base45 import decode_base45
from edge_rules.credentials.card_codes import read_codes
from edge_rules.credentials.cose import Sign1, read_sign1
from edge_rules.credentials.credential import Credential
from edge_rules.credentials.inflating import inflate_zlib
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.jws import read_jws
from edge_rules.credentials.pass_proof import challenge, read_proof
from edge_rules.credentials.pass_trust import PassTrust, by_key_id
from edge_rules.credentials.trust import TrustStore
from gateway.bench.credential import Kind, Shown, Verification, ecdsa, pss
from simulators.dcc_issuer import DAY_MS, DccIssuer, invent_holder
from simulators.pass_issuer import PassHolder, PassIssuer, make_key, pass_id, show
from simulators.shc_issuer import ShcIssuer, trust_file

HOLDERS = 40
NOW_MS = 1_784_700_000_000  # 2026-07-22: within the lives of the simulation's signers
ISSUED_MS, EXPIRES_MS = NOW_MS - DAY_MS, NOW_MS + 30 * DAY_MS
SUBJECT_KEY = bytes(32)
ESTATE = "riverside"


def kinds(holders: int = HOLDERS) -> Iterator[Kind]:
    """Make good credentials of every kind, a few dozen of each."""
    people = range(holders)
    for name, algorithm in (("dcc", "ES256"), ("dcc-ps256", "PS256")):
        issuer = DccIssuer("bench", algorithm=algorithm)
        yield Kind(name, [_certificate(issuer, holder) for holder in people])
        yield Kind(f"{name}-first-seen", [_first_seen(issuer, holder) for holder in people])
    cards = ShcIssuer("bench")
    yield Kind("shc", [_card(cards, holder) for holder in people])
    yield Kind("estate-pass", [_printed_pass(holder) for holder in people])
    yield Kind("estate-pass-rotating", [_rotating_pass(holder) for holder in people])


def _certificate(issuer: DccIssuer, holder: int) -> Shown:
    trust = _trust_of(issuer)
    text = _text_of(issuer, holder)
    return Shown(partial(_judged, text, trust), (_signed_by(issuer, text),))


def _first_seen(issuer: DccIssuer, holder: int) -> Shown:
    """Judge by a trust that is read anew each time, as a line of `menshen verify` with its own."""
    text = _text_of(issuer, holder)

    def judge() -> Credential:
        return _judged(text, _trust_of(issuer))

    return Shown(judge, (_signed_by(issuer, text),))


def _text_of(issuer: DccIssuer, holder: int) -> str:
    return issuer.issue("vaccination", invent_holder(holder), ISSUED_MS, EXPIRES_MS)


def _trust_of(issuer: DccIssuer) -> TrustStore:
    return TrustStore([("bench.cer", issuer.certificate_der)])


def _signed_by(issuer: DccIssuer, text: str) -> Verification:
    envelope = read_sign1(inflate_zlib(decode_base45(text.removeprefix("HC1:"))))
    key = _trust_of(issuer).signers[0].key
    if isinstance(key, RSAPublicKey):
        return pss(key, envelope.signature, envelope.to_be_signed)
    return ecdsa(key, envelope.signature, envelope.to_be_signed)


def _card(issuer: ShcIssuer, holder: int) -> Shown:
    trust = TrustStore([("bench.jwks.json", trust_file(issuer))])
    text = issuer.issue("vaccination", invent_holder(holder), ISSUED_MS)
    jws = read_jws(read_codes([text]))
    bare = ecdsa(issuer.key.public_key(), jws.signature, jws.to_be_signed)
    return Shown(partial(_judged, text, trust), (bare,))


def _printed_pass(holder: int) -> Shown:
    office = PassIssuer(ESTATE, "bench")
    text = show(office.parts(office.claims(holder, ISSUED_MS, EXPIRES_MS)))
    return _pass(office, text, ())


def _rotating_pass(holder: int) -> Shown:
    """Measure beside two verifications: the estate's signature and the phone's."""
    office = PassIssuer(ESTATE, "bench")
    shown = PassHolder(office)
    text = shown.text(office.claims(holder, ISSUED_MS, EXPIRES_MS), NOW_MS)
    proof = read_proof(_envelope(text))
    if proof is None:
        msg = "the simulated phone showed no proof"
        raise RuntimeError(msg)
    phone = make_key(f"phone {shown.phone.seed}").public_key()
    return _pass(
        office, text, (ecdsa(phone, proof.signature, challenge(pass_id(holder), proof.step)),)
    )


def _pass(office: PassIssuer, text: str, more: tuple[Verification, ...]) -> Shown:
    key = office.key.public_key()
    trust = TrustStore([])
    trust.passes = PassTrust(ESTATE, by_key_id([key]))
    envelope = _envelope(text)
    own = ecdsa(key, envelope.signature, envelope.to_be_signed)
    return Shown(partial(_judged, text, trust), (own, *more))


def _envelope(text: str) -> Sign1:
    return read_sign1(decode_base45(text.removeprefix("MP1:")))


def _judged(text: str, trust: TrustStore) -> Credential:
    return judge_text(text, trust, NOW_MS, SUBJECT_KEY).credential
