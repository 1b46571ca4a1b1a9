"""edge_rules.credentials: the public test vectors of the EU, each with its own signer and clock."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2

from edge_rules.credentials import eu_dcc
from edge_rules.credentials.certificate import read_certificate
from edge_rules.credentials.hcert import read_hcert
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement, Stage
from edge_rules.credentials.trust import TrustStore

# What each key of the vectors asks, as stages: True that they are passed, False that the
# judgement ends at or before the last of them.
# A fault of the CWT itself (CBO2) counts as a failure to verify, so `cose` ends before `issuer`.
ASKED = {
    "EXPECTEDUNPREFIX": Stage.PREFIX,
    "EXPECTEDB45DECODE": Stage.BASE45,
    "EXPECTEDCOMPRESSION": Stage.INFLATE,
    "EXPECTEDDECODE": Stage.COSE,
    "EXPECTEDKEYUSAGE": Stage.KEY_USAGE,
    "EXPECTEDVERIFY": Stage.SIGNATURE,
    "EXPECTEDEXPIRATIONCHECK": Stage.VALIDITY,
    "EXPTECTEDEXPIRED": Stage.VALIDITY,  # so misspelt in four of them, which have no other
}
# Keys that ask for the content itself: what is decoded is the JSON beside it, and that JSON,
# encoded, decodes to itself.
CONTENT = {"EXPECTEDVALIDJSON", "EXPECTEDVALIDOBJECT", "EXPECTEDENCODE"}
# The pictures are not among the data, and the false ones of the schema are ignored by the
# vectors' own runner too.
NOT_ASKED = {"EXPECTEDPICTUREDECODE", "EXPECTEDSCHEMAVALIDATION"}
ORDER = {stage: place for place, stage in enumerate(Stage)}

# Keys of vectors that contradict the vector itself.
BROKEN = {
    ("LI/2DCode/raw/4.json", "EXPECTEDVERIFY"): (
        "a test certificate, and its signer's extended key usage names vaccinations alone: the "
        "vector leaves out EXPECTEDKEYUSAGE, which fails before the signature is looked at"
    ),
    ("LI/2DCode/raw/4.json", "EXPECTEDEXPIRATIONCHECK"): "lies behind the same key usage",
}

# Where exactly the common negative vectors must end.
ENDS = {
    "H1": (Stage.PREFIX, "credential-unknown"),
    "H2": (Stage.PREFIX, "prefix-unsupported"),
    "H3": (Stage.PREFIX, "credential-unknown"),
    "B1": (Stage.BASE45, "base45-character"),
    "Z1": (Stage.INFLATE, "inflate-broken"),
    "Z2": (Stage.INFLATE, "inflate-broken"),
    "CBO1": (Stage.CBOR, "hcert-broken"),
    "CBO2": (Stage.COSE, "cose-structure"),
    "CO5": (Stage.SIGNATURE, "signature-invalid"),
    "CO6": (Stage.KEY_USAGE, "key-usage-wrong"),
    "CO7": (Stage.KEY_USAGE, "key-usage-wrong"),
    "CO8": (Stage.KEY_USAGE, "key-usage-wrong"),
    "CO9": (Stage.KEY_USAGE, "key-usage-wrong"),
    "CO10": (Stage.KEY_USAGE, "key-usage-wrong"),
    "CO11": (Stage.KEY_USAGE, "key-usage-wrong"),
    "CO16": (Stage.VALIDITY, "credential-not-yet-valid"),
    "CO17": (Stage.VALIDITY, "credential-expired"),
    "CO22": (Stage.ISSUER, "issuer-unknown"),
    "CO23": (Stage.ISSUER, "issuer-unknown"),
}


def vectors(test_data: Path) -> Iterator[tuple[dict[str, Any], Judgement]]:
    for line in (test_data / "dcc" / "vectors.jsonl").read_text("utf-8").splitlines():
        vector = json.loads(line)
        trust = TrustStore([("vector.cer", b64decode(vector["cert"]))])
        clock = datetime.fromisoformat(vector["clock"])
        if clock.tzinfo is None:
            clock = clock.replace(tzinfo=UTC)
        at_ms = int(clock.timestamp() * 1000)
        yield vector, judge_text(vector["prefix"], trust, at_ms, b"key of this test")


def test_every_expectation_of_every_vector_is_met(test_data: Path) -> None:
    disagreements, agreed, left_out = [], 0, set()
    for vector, judgement in vectors(test_data):
        expected = vector["expected"]
        ended = ORDER[judgement.failed_at] if judgement.failed_at else len(ORDER)
        refused = [ORDER[stage] for key, stage in ASKED.items() if expected.get(key) is False]
        for key, stage in ASKED.items():
            if key not in expected or any(place < ORDER[stage] for place in refused):
                continue  # not asked, or behind an expected earlier failure
            if (vector["path"], key) in BROKEN:
                left_out.add((vector["path"], key))
            elif expected[key] == (ended > ORDER[stage]):
                agreed += 1
            else:
                disagreements.append((vector["path"], key, judgement.failed_at, judgement.reason))
    assert disagreements == []
    assert left_out == BROKEN.keys()
    assert agreed > 1_000


def test_the_content_is_the_json_beside_it(test_data: Path) -> None:
    compared = 0
    for vector, judgement in vectors(test_data):
        for key in CONTENT & vector["expected"].keys():
            assert vector["expected"][key] is True, vector["path"]
            assert isinstance(judgement.content, eu_dcc._Content), (vector["path"], key)
            content = judgement.content.certificate.content
            assert content == vector["json"], (vector["path"], key)
            encoded = cbor2.dumps({1: "XX", 4: 2, 6: 1, -260: {1: vector["json"]}})
            assert read_hcert(encoded).content == content
            compared += 1
    assert compared > 400


def test_every_key_of_the_vectors_is_compared_but_two(test_data: Path) -> None:
    keys = {key for vector, _ in vectors(test_data) for key in vector["expected"]}
    assert keys == ASKED.keys() | CONTENT | NOT_ASKED


def test_each_step_gives_what_the_vector_says(test_data: Path) -> None:
    """A vector carries a step's outcome only where its text does not lead to it."""
    steps = []
    for vector, judgement in vectors(test_data):
        if differing := vector.keys() & {"base45", "compressed", "cose", "cbor"}:
            steps += [(vector["path"].split("/")[-1], name) for name in sorted(differing)]
            assert not judgement.ok, vector["path"]
    assert len(steps) == 8


def test_what_is_left_out_contradicts_itself(test_data: Path) -> None:
    for vector, judgement in vectors(test_data):
        if vector["path"] in {path for path, _ in BROKEN}:
            signer = read_certificate(b64decode(vector["cert"]))
            assert (set(vector["json"]) & {"v", "t", "r"}, signer.usages) == (
                {"t"},
                frozenset({"vaccination"}),
            )
            assert "EXPECTEDKEYUSAGE" not in vector["expected"]
            assert judgement.reason == "key-usage-wrong"


def test_the_common_negative_vectors_end_where_they_are_broken(test_data: Path) -> None:
    ends = {
        Path(vector["path"]).stem: (judgement.failed_at, judgement.reason)
        for vector, judgement in vectors(test_data)
        if vector["path"].startswith("common/") and not judgement.ok
    }
    assert ends == ENDS


def test_a_fault_of_the_schema_alone_is_a_warning(test_data: Path) -> None:
    warned = 0
    for vector, judgement in vectors(test_data):
        if vector["expected"].get("EXPECTEDSCHEMAVALIDATION") is True:
            assert "schema" not in judgement.warnings, vector["path"]
        if "schema" in judgement.warnings and judgement.failed_at is None:
            assert judgement.ok
            warned += 1
    assert warned


def test_nothing_of_a_person_is_in_the_claims_or_the_facts(test_data: Path) -> None:
    for vector, judgement in vectors(test_data):
        told = f"{judgement.claims()} {judgement!r} {judgement.credential!r}".upper()
        content = vector["json"] or {}
        entries = [entry for letter in "vtr" for entry in content.get(letter) or ()]
        secrets = [*(content.get("nam") or {}).values(), *(entry.get("ci") for entry in entries)]
        assert not [s for s in secrets if s and len(s) > 3 and s.upper() in told], vector["path"]
