"""`menshen pass`: handed out, printed, listed, taken back."""

import json
from pathlib import Path
from typing import Any

import cv2
import pytest
import zxingcpp
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.cli.verify import Verifier, make_verifier
from gateway.passes.pass_files import KEY
from tests.gateway.site_files import write_site

NAME = "王小明 <&>"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["pass", *map(str, args)])


def issue(site: Path, *args: object, kind: str = "resident") -> dict[str, Any]:
    done = run("issue", site, "--kind", kind, *args)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def verified(site: Path, text: str, **more: str) -> dict[str, Any]:
    """Ask `menshen verify SITE.yaml`."""
    verifier: Verifier = make_verifier(site, None, None, show_person=False)
    return dict(verifier.answer(json.dumps({"credential": text, **more}).encode()))


def test_a_printed_pass_is_verified_by_the_sites_own_keys(site: Path) -> None:
    told = issue(site, "--static", "--gates", "north-gate,north-in", kind="visitor")
    answer = verified(site, told["text"])
    assert (answer["ok"], answer["kind"], answer["reason"]) == (True, "estate-pass", "valid")
    assert answer["claims"]["gates"] == ["north-gate", "north-in"]
    assert told["id"] not in json.dumps(answer)
    late = verified(site, told["text"], at="2099-01-01T00:00:00Z")
    assert (late["failed_at"], late["reason"]) == ("validity", "credential-expired")


def test_the_trust_folder_alone_verifies_it_too(site: Path) -> None:
    text = issue(site, "--static", kind="visitor")["text"]
    verifier = make_verifier(None, None, site.parent / "trust", show_person=True)
    answer = verifier.answer(json.dumps({"credential": text}).encode())
    assert answer["ok"]
    assert len(answer["claims"]["person"]["number"]) == 32
    nobody = make_verifier(None, None, None, show_person=False)
    assert nobody.answer(json.dumps({"credential": text}).encode())["reason"] == "issuer-unknown"


def test_a_pass_of_another_estate_is_told_for_one(site: Path, tmp_path: Path) -> None:
    (tmp_path / "hill").mkdir()
    other = write_site(tmp_path / "hill", ("site: riverside", "site: hillside"))
    text = issue(other, "--static", kind="visitor")["text"]
    assert verified(site, text)["reason"] == "other-estate"
    same = write_site(
        tmp_path / "hill", ("site: riverside\n", "site: gate-2\npasses: {estate: riverside}\n")
    )
    text = issue(same, "--static", kind="visitor")["text"]
    assert verified(site, text)["reason"] == "issuer-unknown"
    for key in (tmp_path / "hill" / "trust").glob(f"*{KEY}"):
        (site.parent / "trust" / key.name).write_bytes(key.read_bytes())
    assert verified(site, text)["ok"]


def test_a_phones_pass_comes_as_a_link_to_where_the_site_says(site: Path) -> None:
    told = issue(site, "--phone")
    assert told["link"].startswith("http://127.0.0.1:8080/pass#1.")
    assert told["text"] is None
    assert issue(site, "--url", "https://a.example/")["link"].startswith(
        "https://a.example/pass#1."
    )


@pytest.mark.parametrize("ending", ["svg", "html", "png"])
def test_a_card_shows_the_code_and_a_name_that_is_kept_nowhere(site: Path, ending: str) -> None:
    card = site.parent / f"card.{ending}"
    more = () if ending == "png" else ("--name", NAME)
    told = issue(site, "--static", "--card", card, *more, kind="visitor")
    if ending == "png":
        (found,) = zxingcpp.read_barcodes(cv2.imread(str(card)))
        assert found.text == told["text"]
    else:
        drawn = card.read_text("utf-8")
        for word in ("滨河花园", "Riverside Gardens", "访客 Visitor", "王小明 &lt;&amp;&gt;"):
            assert word in drawn
        assert told["id"][:4] + "-" + told["id"][4:8] in drawn
    card.unlink()
    kept = b"".join(path.read_bytes() for path in site.parent.rglob("*") if path.is_file())
    assert "王小明".encode() not in kept


def test_passes_are_listed_and_taken_back_by_the_beginning_of_their_number(site: Path) -> None:
    told = [issue(site, "--static", kind="visitor") for _ in range(2)]
    number = told[0]["id"]
    assert run("revoke", site, f"{number[:4]}-{number[4:8]}").exit_code == 0
    listed = [json.loads(line) for line in run("list", site).stdout.splitlines()]
    assert [one["id"] for one in listed] == [one["id"] for one in told]
    assert [one["revoked"] is None for one in listed] == [False, True]
    assert "link" not in listed[0]
    answers = [verified(site, one["text"])["reason"] for one in told]
    assert answers == ["credential-revoked", "valid"]


def test_a_number_of_no_pass_ends_with_1(site: Path) -> None:
    done = run("revoke", site, "00000000")
    assert (done.exit_code, done.stderr) == (
        1,
        "00000000: no pass, or more than one; see menshen pass list\n",
    )


def test_another_key_signs_from_here_on_and_old_passes_hold_until_they_are_ended(
    site: Path,
) -> None:
    old = issue(site, "--static", kind="visitor")
    kid = run("keys", "rotate", site).stdout.strip()
    new = issue(site, "--static", kind="visitor")
    assert (new["key"], verified(site, old["text"])["ok"]) == (kid, True)
    assert run("keys", "rotate", site, "--end-old").exit_code == 0
    reasons = [verified(site, one["text"])["reason"] for one in (old, new)]
    assert reasons == ["issuer-unknown", "issuer-unknown"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--kind", "guest"), "--kind: must be one of resident, staff"),
        (("--kind", "visitor", "--gates", "east"), "--gates: must be up to 16 of north-gate"),
        (("--kind", "visitor", "--uses-per-day", "0"), "--uses-per-day: must be 1 to 1000"),
        (("--kind", "visitor", "--times", "x"), "--times: must look like"),
        (("--kind", "visitor", "--to", "2020-01-01"), "--to: must lie behind"),
        (("--kind", "visitor", "--card", "c.svg"), "--card: a printed code can't change"),
        (("--kind", "visitor", "--static", "--card", "c.pdf"), "--card c.pdf: must end in"),
        (("--kind", "visitor", "--name", NAME), "--name: is printed on a card"),
    ],
)
def test_what_cant_be_ends_with_2_and_issues_nothing(
    site: Path, args: tuple[str, ...], told: str
) -> None:
    done = run("issue", site, *args)
    assert done.exit_code == 2
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) == 1
    assert NAME not in done.stderr
    assert run("list", site).stdout == ""


def test_a_site_that_gives_no_paper_gives_none(tmp_path: Path) -> None:
    site = write_site(tmp_path, ("trust: trust\n", "trust: trust\npasses: {printed: [staff]}\n"))
    done = run("issue", site, "--kind", "visitor", "--static")
    assert done.stderr.startswith("--static: printed passes are for staff here")
    assert issue(site, "--static", kind="staff")["text"]


def test_check_names_a_key_that_cant_count_and_one_under_another_name(site: Path) -> None:
    trust = site.parent / "trust"
    (trust / "a.passkey.pem").write_text("nothing")
    (trust / "pass-revoked.json").write_text("{}")
    told = str(CliRunner().invoke(app, ["check", str(site)]).exception)
    assert "a.passkey.pem:1:1: must hold one" in told
    assert "pass-revoked.json:1:1: would not be read: name it *.pass-revoked.json" in told
