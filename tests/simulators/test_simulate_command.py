"""gateway.cli.simulate."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from devices.errors import DeviceLinkError, SetupError
from gateway.cli.simulate import read_accounts, simulate
from simulators.device_link import Account
from tests.servers import Server, free_port

SCENARIO = """\
site: riverside
shares: {healthy: 1}
arrivals_per_minute: 600
steps: {scan_s: 0, walk_s: 0}
lanes:
  - lane: out
    direction: out
    devices:
      gate: {device: gate-1}
"""


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(simulate)
    return app


def run(folder: Path, *options: str) -> str:
    path = folder / "scenario.yaml"
    path.write_text(SCENARIO, "utf-8")
    result = CliRunner().invoke(command(), [str(path), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_summary_is_one_line_of_json(tmp_path: Path, broker: Server) -> None:
    out = run(tmp_path, "--broker", broker.url, "--duration", "1")
    summary = json.loads(out)
    assert summary["people"] == summary["outcomes"]["passed"] > 0
    assert (tmp_path / "issuer" / "signer.pem").exists()


def test_a_missing_broker_is_one_sentence_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DeviceLinkError, match="start a broker there or name another one"):
        run(tmp_path, "--broker", f"mqtt://127.0.0.1:{free_port()}", "--duration", "1")


def test_accounts_are_read_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "accounts"
    path.write_text("scan-1:a:b\n\ngate-1:secret\n")
    assert read_accounts(path) == {
        "scan-1": Account("scan-1", "a:b"), "gate-1": Account("gate-1", "secret")
    }  # fmt: skip
    path.write_text("scan-1\nok:x\ngate-1\n")
    with pytest.raises(SetupError) as caught:
        read_accounts(path)
    assert [fault.line for fault in caught.value.faults] == [1, 3]
