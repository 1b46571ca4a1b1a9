"""Business rules as the EU's gateway writes them."""

from typing import Any


def rule(identifier: str = "VR-DE-0001", logic: object = True, **papers: object) -> dict[str, Any]:
    kinds = {"VR": "Vaccination", "TR": "Test", "RR": "Recovery"}
    prefix, country, _ = identifier.split("-")
    return {
        "Identifier": identifier,
        "Type": "Invalidation" if prefix == "IR" else "Acceptance",
        "Country": country,
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "1.0.0",
        "CertificateType": kinds.get(prefix, "General"),
        "Description": [{"lang": "en", "desc": "The agent must be the one that is known."}],
        "ValidFrom": "2021-07-01T00:00:00Z",
        "ValidTo": "2021-09-01T02:00:00+02:00",
        "AffectedFields": ["v.0.tg"],
        "Logic": logic,
        **papers,
    }
