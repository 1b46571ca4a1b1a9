"""The payload of a SMART Health Card: JWT claims and the FHIR bundle inside.

Source: https://spec.smarthealth.cards and RFC 7519.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from edge_rules.credentials.card_entries import Resource, entry_facts, entry_name
from edge_rules.credentials.card_keys import is_issuer
from edge_rules.credentials.card_revocation import is_rid
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage

HEALTH_CARD = "https://smarthealth.cards#health-card"
LAST_SECOND = 253_402_300_799  # of the year 9999: a date behind it is none

PAYLOAD_BROKEN = Refusal(Stage.PAYLOAD, "payload-broken", CredentialStatus.INVALID)
TYPE = Refusal(Stage.PAYLOAD, "card-type", CredentialStatus.INVALID)
BUNDLE = Refusal(Stage.PAYLOAD, "card-bundle", CredentialStatus.INVALID)

_FHIR_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}(-[a-z0-9.]{1,20})?")
_MAX_TEXT = 80
_BLANKS = " \t\r\n"  # that JSON allows around a value


@dataclass(frozen=True, slots=True, repr=False)
class HealthCard:
    """One decoded payload, whatever stands in it.

    `issuer`, `rid` (its identifier for revoking) and the seconds in which it began and ends are
    None where they are missing, or none. Its `repr` shows none of it: it names a person.
    """

    claims: Mapping[str, Any]
    payload: bytes
    resources: tuple[Resource, ...]
    issuer: str | None
    rid: str | None
    began_s: float | None
    ends_s: float | None

    @property
    def issued_ms(self) -> int | None:
        """When it was issued, and begins to hold."""
        return None if self.began_s is None else round(self.began_s * 1000)

    @property
    def expires_ms(self) -> int | None:
        """When it ends, if it says so."""
        return None if self.ends_s is None else round(self.ends_s * 1000)

    @property
    def entry(self) -> str | None:
        """What it certifies, if that is one thing."""
        return entry_name(self.resources)

    @property
    def _vc(self) -> Mapping[str, Any]:
        return _object(self.claims.get("vc"))

    @property
    def _subject(self) -> Mapping[str, Any]:
        return _object(self._vc.get("credentialSubject"))

    def check(self) -> None:
        """Refuse what is no health card, or holds no FHIR bundle."""
        types = self._vc.get("type")
        if not isinstance(types, list) or HEALTH_CARD not in types:
            raise Refused(TYPE)
        version = self._subject.get("fhirVersion")
        if not isinstance(version, str) or not _FHIR_VERSION.fullmatch(version):
            raise Refused(BUNDLE)
        bundle = _object(self._subject.get("fhirBundle"))
        entries = bundle.get("entry")
        if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
            raise Refused(BUNDLE)
        if not self.resources or len(self.resources) != len(entries):
            raise Refused(BUNDLE)

    def follows_schema(self) -> bool:
        """Check lightly: an identifier for revoking that is one, one patient at most."""
        return ("rid" not in self._vc or self.rid is not None) and len(self._patients()) <= 1

    def facts(self) -> dict[str, Any]:
        """Return its codes, dates and values: nothing that names a person or the document."""
        version = self._subject.get("fhirVersion")
        fits = isinstance(version, str) and _FHIR_VERSION.fullmatch(version)
        return {"fhir_version": version if fits else None, **entry_facts(self.resources)}

    def person(self) -> dict[str, Any]:
        """Return whom it speaks of, for a guard's eyes only."""
        patient = next(iter(self._patients()), {})
        names = patient.get("name")
        name = _object(names[0]) if isinstance(names, list) and names else {}
        given = name.get("given")
        texts = [one for one in (given if isinstance(given, list) else []) if isinstance(one, str)]
        return {
            "family": _plain(name.get("family")),
            "given": _plain(" ".join(texts)) or None,
            "born": _plain(patient.get("birthDate")),
            "number": self.rid,
        }

    def _patients(self) -> list[Resource]:
        return [one for one in self.resources if one["resourceType"] == "Patient"]


def read_health_card(payload: bytes) -> HealthCard:
    """Decode an inflated payload; Refused where it is no JSON object."""
    try:
        text = payload.decode("utf-8").strip(_BLANKS)
        claims, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        raise Refused(PAYLOAD_BROKEN) from None
    if end != len(text) or not isinstance(claims, dict):
        raise Refused(PAYLOAD_BROKEN)
    issuer, vc = claims.get("iss"), _object(claims.get("vc"))
    bundle = _object(_object(vc.get("credentialSubject")).get("fhirBundle"))
    rid = vc.get("rid")
    return HealthCard(
        claims,
        payload,
        _resources(bundle.get("entry")),
        issuer if is_issuer(issuer) else None,
        rid if is_rid(rid) else None,
        _seconds(claims.get("nbf")),
        _seconds(claims.get("exp")),
    )


def _resources(entries: object) -> tuple[Resource, ...]:
    found = []
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            found.append(resource)
    return tuple(found)


def _seconds(value: object) -> float | None:
    if type(value) is not int and type(value) is not float:  # True is no date
        return None
    return value if 0 <= value <= LAST_SECOND else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: object) -> str | None:
    return value[:_MAX_TEXT] if isinstance(value, str) else None


def _refused(constant: str) -> NoReturn:
    msg = f"{constant} is no JSON"
    raise ValueError(msg)


_DECODER = json.JSONDecoder(parse_constant=_refused)
