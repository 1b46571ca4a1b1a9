"""A foreign library's word on keys and signatures (jwcrypto)."""

from typing import Any

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS


def foreign_thumbprint(jwk: dict[str, Any]) -> str:
    """Return a key's thumbprint."""
    print_: str = JWK(**jwk).thumbprint()
    return print_


def foreign_verifies(jws: str, jwk: dict[str, Any]) -> bool:
    """Tell whether a compact JWS verifies by ES256 under a key."""
    try:
        token = JWS.from_jose_token(jws)
        token.allowed_algs = ["ES256"]
        token.verify(JWK(**jwk))
    except (JWException, ValueError, TypeError, KeyError):
        return False
    return bool(token.is_valid)
