"""`menshen trust`: listed, checked, added to, imported."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.trust_folder import load_trust
from simulators.dcc_issuer import DAY_MS, DccIssuer
from simulators.shc_issuer import ShcIssuer, revocation_file, trust_file
from tests.edge_rules.certlogic.papers import rule
from tests.edge_rules.credentials.trust_lists import KEY_PEM, OTHER, entry, german, swedish
from tests.gateway.site_files import write_site

NOW_MS = int(datetime.now(UTC).timestamp() * 1000)
ONE, TWO = DccIssuer("one", country="DE"), DccIssuer("two", country="FR", entries=("test",))
SOON = DccIssuer("soon", country="IT", not_after_ms=NOW_MS + 10 * DAY_MS)
OVER = DccIssuer("over", country="ES", not_after_ms=1_760_000_000_000)
CARDS = ShcIssuer("trust command")
BATCH = {
    "kid": "UNKNOWN_KID", "hashType": "UCI",
    "entries": [{"hash": "AAAAAAAAAAAAAAAAAAAAAA=="}],
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


@pytest.fixture
def folder(site: Path) -> Path:
    return site.parent / "trust"


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["trust", *map(str, args)])


def told(*args: object) -> dict[str, Any]:
    done = run("list", *args, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(*args: object) -> str:
    done = run(*args)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    return done.stderr.strip()


def write(path: Path, data: bytes | str | object) -> Path:
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_that_counts_is_listed_with_its_dates(site: Path, folder: Path) -> None:
    for one in (ONE, TWO, SOON, OVER):
        write(folder / f"{one.country}.cer", one.certificate_der)
    write(folder / "c.jwks.json", trust_file(CARDS))
    write(folder / "c.shc-revoked.json", revocation_file([CARDS.revoking("a", "b")]))
    write(folder / "eu.dcc-revoked.json", [BATCH])
    write(folder / "eu.rules.json", [rule(), rule("IR-FR-0001")])
    CliRunner().invoke(app, ["pass", "issue", str(site), "--kind", "resident"])
    found = told(site)
    assert [(row["country"], row["usages"], row["mark"]) for row in found["signers"]] == [
        ("DE", None, None),
        ("ES", None, "ended 2025-10-09"),
        ("FR", ["test"], None),
        ("IT", None, "ends in 9 days"),
    ]
    first = found["signers"][0]
    assert (first["from"], first["to"]) == ("2025-01-01T00:00:00.000Z", "2035-01-01T00:00:00.000Z")
    assert "C=DE" in first["subject"]
    assert first["sha256"].startswith(ONE.kid.hex())
    assert [(row["issuer"], row["kids"]) for row in found["issuers"]] == [
        (CARDS.issuer, [CARDS.kid])
    ]
    assert [(row["of"], row["entries"]) for row in found["revocations"]] == [
        ("smart-health-card", 2),
        ("eu-dcc", 1),
    ]
    assert [(row["rules"], row["count"]) for row in found["rules"]] == [(2, 0)]
    assert len(found["pass_keys"]) == 1
    table = run("list", site).stdout
    assert "4 signers, 1 issuers of cards, 1 keys of passes, 3 revoked" in table
    assert "0 of 2 national rules count" in table


def test_a_folder_alone_is_listed_too_and_its_faults_are_told(folder: Path) -> None:
    write(folder / "one.pem", ONE.certificate_pem)
    assert len(told("--trust", folder)["signers"]) == 1
    write(folder / "bad.pem", b"x")
    done = run("list", "--trust", folder, "--json")
    assert done.exit_code == 2
    assert len(json.loads(done.stdout)["signers"]) == 1
    assert "bad.pem:1:1: holds no -----BEGIN CERTIFICATE----- block" in done.stderr
    assert refused("list") == "name either a site file or --trust FOLDER"


def test_check_tells_faults_from_warnings(site: Path, folder: Path) -> None:
    write(folder / "one.pem", ONE.certificate_pem)
    done = run("check", site, "--strict")
    assert (done.exit_code, done.stdout.count("warning")) == (0, 0)
    write(folder / "over.cer", OVER.certificate_der)
    write(folder / "soon.cer", SOON.certificate_der)
    done = run("check", site)
    assert done.exit_code == 0
    warnings = [line for line in done.stdout.splitlines() if line.startswith("warning: ")]
    assert [line.rpartition(" of ")[2] for line in warnings] == [
        "ES ended 2025-10-09",
        "IT ends in 9 days",
    ]
    assert run("check", site, "--strict").exit_code == 1
    write(folder / "a.rules.json", [rule()])
    write(folder / "b.rules.json", [rule()])
    assert "here and in another file" in refused("check", site)


def test_nobody_believed_and_rules_that_count_nowhere_are_warnings(
    site: Path, folder: Path
) -> None:
    assert "nobody is believed" in run("check", site).stdout
    write(folder / "a.rules.json", [rule()])
    assert "none of the national rules counts here" in run("check", site).stdout


@pytest.mark.parametrize(
    ("name", "data", "placed"),
    [
        ("Signer Nr 1.crt", ONE.certificate_pem, "Signer-Nr-1.pem"),
        ("signer.der", ONE.certificate_der, "signer.cer"),
        ("jwks.json", trust_file(CARDS), "jwks.jwks.json"),
        ("set", {CARDS.issuer: CARDS.key_set}, "set.jwks.json"),
        ("crl.json", CARDS.revoking("a"), "crl.shc-revoked.json"),
        ("batch.json", BATCH, "batch.dcc-revoked.json"),
        ("rules.json", [rule()], "rules.rules.json"),
        ("agents.json", {"agents": ["840539006"]}, "agents.valueset.json"),
        ("own.rules.json", [rule()], "own.rules.json"),
    ],
)
def test_a_file_is_put_under_a_name_that_counts(
    site: Path, folder: Path, tmp_path: Path, name: str, data: object, placed: str
) -> None:
    done = run("add", site, write(tmp_path / name, data))
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{folder / placed}\n"
    assert names(folder) == [placed]
    load_trust(folder)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.pem", b"no", "holds no -----BEGIN CERTIFICATE----- block"),
        ("x.txt", b"no", "is no certificate (PEM or DER), and is not JSON"),
        ("x.json", {"a": 1}, "holds no signers, keys, revocations, rules or value sets known here"),
        ("x.crt", OVER.certificate_pem, f"signer {OVER.kid.hex()} ended 2025-10-09"),
        (
            "x.crt",
            ONE.certificate_pem,
            f"signer {ONE.kid.hex()} is in the folder already, in de.cer",
        ),
        ("y.cer", ONE.certificate_der, "is in the folder already, as de.cer"),
        ("de.cer", TWO.certificate_der, "another de.cer is in the folder: rename yours"),
        ("r.json", [rule()], "here and in another file"),
        ("k.json", {"issuer": "http://x", "keys": []}, "names no issuer"),
    ],
)
def test_what_is_known_faulty_or_in_the_way_is_refused_whole(
    site: Path, folder: Path, tmp_path: Path, name: str, data: object, said: str
) -> None:
    write(folder / "de.cer", ONE.certificate_der)
    write(folder / "de.rules.json", [rule(Version="1.0.0"), rule("IR-FR-0001")])
    good = write(
        tmp_path / "good.cer", TWO.certificate_der if name != "de.cer" else SOON.certificate_der
    )
    before = names(folder)
    sentence = refused("add", site, good, write(tmp_path / name, data))
    assert said in sentence
    assert sentence.count("\n") == 0
    assert names(folder) == before


def test_a_folder_at_fault_takes_nothing(site: Path, folder: Path, tmp_path: Path) -> None:
    write(folder / "x.crt", "x")
    good = write(tmp_path / "good.cer", TWO.certificate_der)
    assert refused("add", site, good).endswith("; mend the folder first")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return write(tmp_path / "key.pem", KEY_PEM)


@pytest.mark.parametrize("form", ["german", "swedish"])
def test_a_list_takes_the_place_of_the_one_before(
    site: Path, folder: Path, tmp_path: Path, key: Path, form: str
) -> None:
    def listed(*issuers: DccIssuer) -> bytes:
        return german(*map(entry, issuers)) if form == "german" else swedish(*issuers)

    write(folder / "own.cer", SOON.certificate_der)
    given = write(tmp_path / "list", listed(ONE, TWO))
    done = run("import", site, given, "--source", "be", "--key", key)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{folder / 'be.import.pem'}: 2 count, 2 new, 0 gone\n"
    write(given, listed(TWO, OVER))
    done = run("import", site, given, "--source", "be", "--key", key)
    assert "2 count, 1 new, 1 gone" in done.stdout
    assert names(folder) == ["be.import.pem", "own.cer"]
    kids = {signer.kid for signer in load_trust(folder).signers}
    assert kids == {SOON.kid, TWO.kid, OVER.kid}


def test_a_list_that_is_not_the_backends_leaves_the_one_before(
    site: Path, folder: Path, tmp_path: Path, key: Path
) -> None:
    given = write(tmp_path / "list", swedish(ONE))
    to = (site, given, "--source", "se")
    assert refused("import", *to).startswith("say either --key FILE")
    assert refused("import", *to, "--key", key, "--unsigned").startswith("say either --key FILE")
    assert run("import", *to, "--key", key).exit_code == 0
    before = (folder / "se.import.pem").read_bytes()
    for data, said in (
        (swedish(TWO, key=OTHER), "does not bear the signature of this key"),
        (swedish(TWO, exp=1_700_000_001), "ended 2023-11-14T22:13:21.000Z"),
        (swedish(TWO, iat=1_600_000_000), "is older than what was imported"),
        (german(entry(TWO)), "is older than what was imported"),
        (german(entry(TWO, kid="AAAA")), "holds no signer that could serve"),
        (german(entry(TWO)).partition(b"\n")[2], "is not signed"),
        (b'{"issuerInfo": []}', "say --unsigned"),
    ):
        write(given, data)
        assert said in refused("import", *to, "--key", key)
        assert (folder / "se.import.pem").read_bytes() == before
    assert "must be 1 to 32" in refused("import", site, given, "--source", "../x", "--unsigned")


def test_a_certificate_serves_as_the_backends_key_and_a_text_does_not(
    site: Path, tmp_path: Path
) -> None:
    given = write(tmp_path / "list", swedish(ONE))
    text = write(tmp_path / "k", "x")
    assert "must be a public key in PEM" in refused(
        "import", site, given, "--source", "se", "--key", text
    )
    own = write(tmp_path / "k.pem", ONE.certificate_pem)
    assert "does not bear the signature" in refused(
        "import", site, given, "--source", "se", "--key", own
    )


def test_what_of_a_list_cant_serve_is_told(site: Path, tmp_path: Path, key: Path) -> None:
    given = write(tmp_path / "list", german(entry(ONE), *[entry(TWO, rawData="AAAA")] * 25))
    done = run("import", site, given, "--source", "de", "--key", key)
    assert done.exit_code == 0
    assert done.stderr.count("passed over: certificate") == 20
    assert "passed over: 5 more" in done.stderr


def test_a_snapshot_of_issuers_is_taken_in_where_one_says_that_nobody_signed_it(
    site: Path, folder: Path, tmp_path: Path
) -> None:
    entry_of = {"issuer": {"iss": CARDS.issuer, "name": "x"}, **CARDS.key_set}
    given = write(tmp_path / "vci_snapshot.json", {"issuerInfo": [entry_of]})
    done = run("import", site, given, "--source", "vci", "--unsigned")
    assert done.exit_code == 0, done.output
    assert "1 count, 1 new, 0 gone" in done.stdout
    assert CARDS.issuer in load_trust(folder).cards
    write(given, german(entry(ONE)))
    said = refused("import", site, given, "--source", "vci", "--unsigned")
    assert said.endswith("is of this source and of another form: take another --source")
