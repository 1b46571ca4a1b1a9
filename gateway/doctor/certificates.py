"""Certificates of the site: signers of credentials, the page's and the broker's TLS."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from devices.errors import SetupError
from gateway.doctor.findings import Finding, bad, ok, warn
from gateway.site_model import SiteFile
from gateway.trust_folder import load_trust

SOON = timedelta(days=30)


def look_at_trust(site: SiteFile, now: datetime) -> Iterator[Finding]:
    """Tell whether there are signers, and they still hold."""
    folder = site.trust_folder
    if folder is None:
        yield ok("trust", "the site names no trust folder: it believes no signed credential")
        return
    try:
        trust = load_trust(folder, site.place)
    except SetupError as error:
        for fault in error.faults:
            yield bad("trust", str(fault), "mend or remove that file")
        return
    signers = trust.signers
    if trust.rules.total and site.country is None:
        said = f"{trust.rules.total} national rules in {folder}, and none of them is judged"
        yield warn("national rules", said, "write country: into the site file, such as DE")
    ends = [datetime.fromtimestamp(signer.not_after_ms / 1000, UTC) for signer in signers]
    over = sum(end <= now for end in ends)
    soon = sum(now < end <= now + SOON for end in ends)
    if not ends:
        yield warn("trust", f"{folder} is empty: every code is refused", "put signers' *.pem there")
    elif over == len(ends):
        yield bad("trust", f"all {over} signers have expired", f"put fresh ones into {folder}")
    elif over or soon:
        said = f"of {len(ends)} signers {over} have expired and {soon} will within 30 days"
        yield warn("trust", said, f"put fresh ones into {folder}")
    else:
        yield ok("trust", f"signers: {len(ends)}, the next expires {min(ends):%Y-%m-%d}")


def look_at_tls(site: SiteFile, now: datetime) -> Iterator[Finding]:
    """Tell whether the page's and the broker link's certificates hold and fit their keys."""
    if site.web.tls is not None:
        cert, key = site.at(site.web.tls.cert), site.at(site.web.tls.key)
        yield _certificate("page certificate", cert, now, key)
    if site.broker == "auto":
        return
    if site.broker.ca is not None:
        yield _certificate("broker CA", site.at(site.broker.ca), now)
    if site.broker.cert is not None and site.broker.key is not None:
        cert, key = site.at(site.broker.cert), site.at(site.broker.key)
        yield _certificate("broker certificate", cert, now, key)


def _certificate(check: str, path: Path, now: datetime, key: Path | None = None) -> Finding:
    try:
        chain = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        return bad(check, f"{path}: {error.strerror}", "name a file this user may read")
    except ValueError:
        return bad(check, f"{path} holds no certificate in PEM", "convert it: openssl x509")
    if key is not None and (fault := _key_fault(path, key)):
        return bad(check, fault, "give the certificate and its own key, both PEM, unencrypted")
    end = min(certificate.not_valid_after_utc for certificate in chain)
    if end <= now:
        return bad(check, f"{path} expired {end:%Y-%m-%d}", "renew it")
    if end <= now + SOON:
        return warn(check, f"{path} expires {end:%Y-%m-%d}", "renew it before")
    return ok(check, f"{path} holds until {end:%Y-%m-%d}")


def _key_fault(cert: Path, key: Path) -> str | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError:
        return f"{key} is not the key of {cert}, or is encrypted"
    except OSError as error:
        return f"{key}: {error.strerror}"
    return None
