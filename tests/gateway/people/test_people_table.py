"""gateway.people.people_table and `menshen people`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from devices.errors import SetupError
from gateway.cli.app import app
from gateway.people.people_list import load_list
from gateway.people.people_table import read_table
from tests.gateway.site_files import write_site


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_tables_come_as_spreadsheets_save_them(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text("姓名,类别,住址\n李小龙,居民,3-501\n\n王伟,访客,\n", encoding)
    assert [(p.name, p.kind, p.home) for p in read_table(path)] == [
        ("李小龙", "resident", "3-501"), ("王伟", "visitor", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ":1:1: line 1 must name the columns"),
        ("name\nAnn", ":1:1: line 1 must name the columns"),
        ("name,kind,phone\nAnn,staff,1", ":1:1: line 1 must name the columns"),
        ("name,kind\n", ":1:1: names nobody"),
        ("name,kind\nAnn,king", ":2:1: kind: must be resident, staff"),
        ("name,kind\n,staff", ":2:1: name: must be given"),
        ("name,kind\nAnn,staff,x", ":2:1: has 3 columns, line 1 has 2"),
        ("name,kind\nAnn,staff\nBob", ":3:1: has 1 columns, line 1 has 2"),
        ('name,kind\n"Ann,staff', ":2:1: quotation marks"),
        (f"name,kind\n{'Ann' * 99},staff", ":2:1: a text of over 200 characters"),
    ],
)
def test_faults_name_lines_and_never_people(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(SetupError) as told:
        read_table(path)
    assert fault in str(told.value)
    assert not any(name in str(told.value) for name in ("Ann", "Bob", "king"))


def test_a_table_is_imported_counted_and_forgotten(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    table = tmp_path / "people.csv"
    table.write_text("name,kind,home\nAnn Lee,staff,\n李小龙,resident,3-501\n", "utf-8")
    run = CliRunner()
    done = run.invoke(app, ["people", "import", str(site), str(table)])
    assert (done.exit_code, done.stdout) == (0, "2\n")
    assert f"destroy {table}" in done.stderr
    counted = run.invoke(app, ["people", "count", str(site)])
    assert counted.stdout == "resident\t1\nstaff\t1\n"
    table.write_text("name,kind\nAnn Lee,queen\n", "utf-8")
    bad = run.invoke(app, ["people", "import", str(site), str(table)])
    assert bad.exit_code == 2
    assert bad.stderr.startswith(f"{table}:2:1: kind")
    assert run.invoke(app, ["people", "forget", str(site)]).exit_code == 0
    assert load_list(tmp_path / "data") is None
    assert list((tmp_path / "data" / "people").iterdir()) == []
