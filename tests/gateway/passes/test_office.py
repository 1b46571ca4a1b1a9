"""gateway.passes.office and its files: signed, kept, taken back, shared, and nobody's name."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from devices.errors import SetupError
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.trust import TrustStore
from gateway.passes.ledger import LEDGER, PassLedger
from gateway.passes.office import Issued, PassError, PassOffice
from gateway.passes.pass_files import KEY, PassFolders, load_passes
from gateway.passes.request import PassRequest
from gateway.passes.signing import PRIVATE, signing_key
from tests.edge_rules.credentials.chain import KEY as SUBJECT_KEY
from tests.gateway.web.pass_desk import ZONE

NOW_MS = 1_795_500_000_000
ASKED = PassRequest("resident", NOW_MS // 1000, NOW_MS // 1000 + 86_400, rotating=False)
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folders(tmp_path: Path) -> PassFolders:
    (tmp_path / "trust").mkdir()
    return PassFolders.of(tmp_path / "data", tmp_path / "trust")


@pytest.fixture
def office(folders: PassFolders) -> PassOffice:
    return PassOffice(folders, "riverside", "riverside")


def reason(issued: Issued, folders: PassFolders, at_ms: int = NOW_MS) -> str:
    """Judge a printed pass by what lies in folders now."""
    store = TrustStore([])
    store.passes = load_passes(folders, "riverside", ZONE)
    return judge_text(issued.signed.text, store, at_ms, SUBJECT_KEY).reason


def elsewhere(folders: PassFolders) -> PassFolders:
    """Another gateway of the estate: a data folder of its own, the same trust folder."""
    assert folders.shared
    return PassFolders.of(folders.shared.parent / "other", folders.shared)


def test_a_pass_holds_here_from_a_minute_before_it_was_made(
    office: PassOffice, folders: PassFolders
) -> None:
    issued = office.issue(ASKED, NOW_MS)
    assert reason(issued, folders) == "valid"
    assert reason(issued, folders, NOW_MS - 60_000) == "valid"
    assert reason(issued, folders, NOW_MS - 61_000) == "credential-not-yet-valid"
    earlier = replace(ASKED, since_s=NOW_MS // 1000 - 3600)
    assert reason(office.issue(earlier, NOW_MS), folders, NOW_MS - 3_600_000) == "valid"
    later = replace(ASKED, since_s=NOW_MS // 1000 + 60)
    assert reason(office.issue(later, NOW_MS), folders) == "credential-not-yet-valid"


def test_no_two_passes_share_a_number_or_a_phone(office: PassOffice) -> None:
    issued = [office.issue(replace(ASKED, rotating=True), NOW_MS) for _ in range(20)]
    assert len({one.record.id for one in issued}) == 20
    assert len({one.signed.terms.phone for one in issued}) == 20


def test_secrets_are_their_owners_alone_and_phones_keys_are_kept_nowhere(
    office: PassOffice, folders: PassFolders
) -> None:
    umask = os.umask(0)
    try:
        issued = office.issue(replace(ASKED, rotating=True), NOW_MS)
    finally:
        os.umask(umask)
    assert folders.own.stat().st_mode & 0o777 == 0o700
    for name in (PRIVATE, LEDGER):
        assert (folders.own / name).stat().st_mode & 0o777 == 0o600
    assert issued.phone
    secret = issued.phone.private_numbers().private_value.to_bytes(32, "big")
    for path in folders.own.iterdir():
        assert secret not in path.read_bytes()
        assert secret.hex().encode() not in path.read_bytes()
    assert issued.record.id not in repr((issued.signed, issued.signed.terms))


def test_a_revoked_pass_is_revoked_here_and_at_a_gateway_that_shares_the_folder(
    office: PassOffice, folders: PassFolders
) -> None:
    issued, other = office.issue(ASKED, NOW_MS), office.issue(ASKED, NOW_MS)
    there = elsewhere(folders)
    assert reason(issued, there) == "issuer-unknown"
    office.share(NOW_MS)
    assert reason(issued, there) == "valid"
    record = office.revoke(issued.record.id[:4].upper() + "-" + issued.record.id[4:8], NOW_MS)
    assert record == issued.record
    assert reason(issued, folders) == "credential-revoked"
    assert reason(issued, there) == "valid"
    office.share(NOW_MS)
    assert reason(issued, there) == "credential-revoked"
    assert reason(other, there) == reason(other, folders) == "valid"
    [(_, first), (_, second)] = office.records()
    assert (first is None, second is None) == (False, True)


@pytest.mark.parametrize("name", ["", "0123456", "ffffffff", "zzzzzzzz", "*" * 8])
def test_what_names_no_pass_revokes_none(office: PassOffice, name: str) -> None:
    office.issue(ASKED, NOW_MS)
    assert office.revoke(name, NOW_MS) is None
    assert [revoked for _, revoked in office.records()] == [None]


def test_a_beginning_that_names_two_revokes_none(office: PassOffice, folders: PassFolders) -> None:
    record = office.issue(ASKED, NOW_MS).record
    ledger = PassLedger(folders.own)
    ledger.add(replace(record, id="abcdef01" + "0" * 24))
    ledger.add(replace(record, id="abcdef01" + "1" * 24))
    assert office.revoke("abcdef01", NOW_MS) is None
    assert office.revoke("abcdef010", NOW_MS)


def test_an_ended_pass_leaves_the_shared_list_and_not_the_own_one(
    office: PassOffice, folders: PassFolders
) -> None:
    issued = office.issue(ASKED, NOW_MS)
    office.revoke(issued.record.id, NOW_MS)
    office.share(NOW_MS)
    assert folders.shared
    shared = folders.shared / "riverside.pass-revoked.json"
    assert json.loads(shared.read_text()) == {"revoked": [issued.record.id]}
    office.share(NOW_MS + 2 * 86_400_000)
    assert json.loads(shared.read_text()) == {"revoked": []}
    assert load_passes(folders, None, ZONE).revoked == {bytes.fromhex(issued.record.id)}


def test_a_new_key_signs_and_the_old_one_still_holds(
    office: PassOffice, folders: PassFolders
) -> None:
    old = office.issue(ASKED, NOW_MS)
    private = (folders.own / PRIVATE).read_bytes()
    kid = office.rotate(end_old=False)
    new = office.issue(ASKED, NOW_MS)
    assert new.record.kid == kid != old.record.kid
    assert (folders.own / PRIVATE).read_bytes() != private
    office.share(NOW_MS)
    for where in (folders, elsewhere(folders)):
        assert reason(old, where) == reason(new, where) == "valid"


def test_a_stolen_keys_passes_end_everywhere(office: PassOffice, folders: PassFolders) -> None:
    old = office.issue(ASKED, NOW_MS)
    office.share(NOW_MS)
    office.rotate(end_old=True)
    new = office.issue(ASKED, NOW_MS)
    office.share(NOW_MS)
    for where in (folders, elsewhere(folders)):
        assert reason(old, where) == "issuer-unknown"
        assert reason(new, where) == "valid"


def test_another_estates_key_in_the_trust_folder_is_left_there(
    office: PassOffice, folders: PassFolders
) -> None:
    assert folders.shared
    office.issue(ASKED, NOW_MS)
    other = signing_key(folders.shared)
    (folders.shared / PRIVATE).unlink()
    office.rotate(end_old=True)
    assert (folders.shared / f"{other.kid.hex()}{KEY}").exists()


def test_a_public_half_that_was_lost_is_made_again_before_its_key_goes(
    office: PassOffice, folders: PassFolders
) -> None:
    old = office.issue(ASKED, NOW_MS)
    (folders.own / f"{old.record.kid}{KEY}").unlink()
    office.rotate(end_old=False)
    assert reason(old, folders) == "valid"


def test_a_trust_folder_that_takes_no_file_is_told_and_the_pass_holds_here(
    office: PassOffice, folders: PassFolders
) -> None:
    assert folders.shared
    issued = office.issue(ASKED, NOW_MS)
    (folders.shared / f"{issued.record.kid}{KEY}").mkdir()
    with pytest.raises(PassError, match="other gateways hear nothing of it"):
        office.share(NOW_MS)
    assert reason(issued, PassFolders(folders.own, None)) == "valid"


def test_sharing_again_writes_nothing(office: PassOffice, folders: PassFolders) -> None:
    office.issue(ASKED, NOW_MS)
    office.share(NOW_MS)
    before = folders.stamps()
    office.share(NOW_MS + 1000)
    assert folders.stamps() == before


def test_without_a_trust_folder_nothing_is_shared(tmp_path: Path) -> None:
    for shared in (None, tmp_path / "not-there"):
        office = PassOffice(PassFolders.of(tmp_path / "data", shared), "riverside", "riverside")
        office.issue(ASKED, NOW_MS)
        office.share(NOW_MS)
    assert not (tmp_path / "not-there").exists()


def pem(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


PRIVATE_PEM = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.passkey.pem", b"", "must hold one -----BEGIN PUBLIC KEY----- on the curve P-256"),
        ("a.passkey.pem", pem(ec.generate_private_key(ec.SECP384R1()).public_key()), "P-256"),
        ("a.passkey.pem", pem(ed25519.Ed25519PrivateKey.generate().public_key()), "P-256"),
        ("a.passkey.pem", PRIVATE_PEM, "holds a private key"),
        ("a.pass-revoked.json", b"", "must be"),
        ("a.pass-revoked.json", b"[]", "must be"),
        ("a.pass-revoked.json", b'{"revoked": ["00"]}', "must be"),
        ("a.pass-revoked.json", b'{"revoked": [7]}', "must be"),
        ("a.pass-revoked.json", b'{"revoked": "x"}', "must be"),
        ("a.pass-revoked.json", b"[" * 100_000, "must be"),
    ],
)
def test_a_file_that_cant_count_is_told(
    folders: PassFolders, name: str, data: bytes, told: str
) -> None:
    assert folders.shared
    (folders.shared / name).write_bytes(data)
    with pytest.raises(SetupError, match=told) as caught:
        load_passes(folders, None, ZONE)
    assert str(caught.value).startswith(f"{folders.shared / name}:1:1: ")


def test_files_of_the_own_folder_count_as_those_of_the_trust_folder_do(
    office: PassOffice, folders: PassFolders, tmp_path: Path
) -> None:
    issued = office.issue(ASKED, NOW_MS)
    copied = PassFolders.of(tmp_path / "third", None)
    copied.own.mkdir(parents=True)
    for path in folders.own.glob(f"*{KEY}"):
        (copied.own / path.name).write_bytes(path.read_bytes())
    assert reason(issued, copied) == "valid"
    (copied.own / "x.pass-revoked.json").write_text(json.dumps({"revoked": [issued.record.id]}))
    assert reason(issued, copied) == "credential-revoked"


def test_lines_that_are_torn_or_of_another_edition_disturb_no_other(
    office: PassOffice, folders: PassFolders
) -> None:
    issued = office.issue(ASKED, NOW_MS)
    with (folders.own / LEDGER).open("a") as file:
        file.write('{"id": "short", "gates": []}\n{"revoke": "no number"}\n[1]\n{"revoke": "' + ID)
    office.revoke(issued.record.id, NOW_MS)
    assert [record for record, _ in office.records()] == [issued.record]
    assert load_passes(folders, None, ZONE).revoked == {bytes.fromhex(issued.record.id)}
