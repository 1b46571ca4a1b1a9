"""Certificates as PEM blocks (RFC 7468)."""

from base64 import b64encode

WIDTH = 64


def pem_of(der: bytes) -> bytes:
    """Lay one certificate out, byte for byte as it was signed."""
    text = b64encode(der)
    lines = b"\n".join(text[at : at + WIDTH] for at in range(0, len(text), WIDTH))
    return b"-----BEGIN CERTIFICATE-----\n" + lines + b"\n-----END CERTIFICATE-----\n"
