"""Lists of signers as backends hand them out, made with foreign code; and the key they bear."""

import json
from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from simulators.dcc_issuer import DccIssuer

BACKEND = ec.derive_private_key(20_210_528, ec.SECP256R1())
OTHER = ec.derive_private_key(20_210_529, ec.SECP256R1())
KEY_PEM = BACKEND.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def entry(issuer: DccIssuer, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """One certificate as the EU gateway lists it."""
    return {
        "certificateType": "DSC", "country": issuer.country,
        "kid": b64encode(issuer.kid).decode(), "rawData": issuer.certificate_base64,
        "signature": "-", "thumbprint": "-", "timestamp": "2021-05-28T00:00:00Z", **changes,
    }  # fmt: skip


def german(*entries: dict[str, Any], key: ec.EllipticCurvePrivateKey = BACKEND) -> bytes:
    """The list below its signature."""
    body = json.dumps({"certificates": entries}).encode()
    r, s = decode_dss_signature(key.sign(body, ec.ECDSA(hashes.SHA256())))
    return b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")) + b"\n" + body


def swedish(
    *issuers: DccIssuer, key: ec.EllipticCurvePrivateKey = BACKEND, **claims: object
) -> bytes:
    """The list as a JWS, signed by another library."""
    countries: dict[str, Any] = {}
    for one in issuers:
        keys = countries.setdefault(one.country, {"eku": {}, "keys": []})["keys"]
        kid = b64encode(one.kid).decode()
        keys.append({"kty": "EC", "kid": kid, "x5c": [one.certificate_base64]})
    payload = {"iss": "https://list.invalid", "iat": 1_700_000_000, "exp": 2_000_000_000,
               "dsc_trust_list": countries, **claims}  # fmt: skip
    jws = JWS(json.dumps(payload).encode())
    header = {"typ": "JOSE", "alg": "ES256", "x5c": [issuers[0].certificate_base64]}
    jws.add_signature(JWK.from_pyca(key), None, json.dumps(header))
    return str(jws.serialize(compact=True)).encode()
