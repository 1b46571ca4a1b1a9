"""Subjects: who a credential speaks of, as a keyed hash that nobody without the key can undo."""

from hashlib import blake2b

from edge_rules.credentials.credential import CredentialKind

SUBJECT_BYTES = 16  # no two of a city's credentials meet, and a record stays short


def keyed_subject(key: bytes, kind: CredentialKind, identity: str | bytes) -> str:
    """Hash a credential's own id, or lacking one its whole signed payload, under the site's key.

    Only what the issuer signed goes in: a text can be re-encoded, a header outside the signature
    changed, and an ECDSA signature (r, s) turned into (r, n-s), by anyone.
    """
    if isinstance(identity, str):
        signed = b"%b\0id\0%b" % (kind.encode(), identity.encode())
    else:
        signed = b"%b\0payload\0%b" % (kind.encode(), identity)
    return blake2b(signed, key=key, digest_size=SUBJECT_BYTES).hexdigest()
