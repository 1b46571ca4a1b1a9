"""The estate's own table of people, read once and hashed: its faults name lines, never people."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from devices.errors import Fault, SetupError
from gateway.people.people_list import MAX_BYTES, MAX_PEOPLE, Person
from gateway.people.spelling import plain_name

MAX_FAULTS = 20
MAX_TEXT = 200  # characters of one cell

COLUMNS: Mapping[str, str] = {
    "name": "name", "姓名": "name", "kind": "kind", "类别": "kind", "home": "home", "住址": "home",
    "房号": "home",
}  # fmt: skip
KINDS: Mapping[str, str] = {
    "resident": "resident", "居民": "resident", "住户": "resident", "业主": "resident",
    "staff": "staff", "员工": "staff", "工作人员": "staff", "visitor": "visitor", "访客": "visitor",
    "delivery": "delivery", "快递": "delivery", "配送": "delivery", "emergency": "emergency",
    "应急": "emergency",
}  # fmt: skip
HEADER = "line 1 must name the columns: name,kind and, if you like, home (or 姓名,类别,住址)"


def read_table(path: Path) -> list[Person]:
    """Read a table of names; SetupError lists its faults by line, quoting nobody."""
    rows = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    faults: list[Fault] = []
    people: list[Person] = []
    try:
        columns = _columns(path, next(rows, []))
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(people) >= MAX_PEOPLE:
                faults.append(Fault(str(path), rows.line_num, 1, f"over {MAX_PEOPLE} people"))
                break
            told = dict(zip(columns, cells, strict=False))
            found = list(_faults(path, rows.line_num, columns, cells, told))
            faults += found
            if not found:
                kind = KINDS[told["kind"].strip().lower()]
                people.append(Person(told["name"], kind, told.get("home", "")))
    except csv.Error:
        faults.append(Fault(str(path), rows.line_num, 1, "quotation marks don't match"))
    if not people and not faults:
        faults.append(Fault(str(path), 1, 1, "names nobody"))
    if faults:
        raise SetupError(faults[:MAX_FAULTS])
    return people


def _text(path: Path) -> str:
    """Decode UTF-8, else GB 18030, in which spreadsheets in China save tables."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SetupError([Fault(str(path), 1, 1, f"can't be read: {error.strerror}")]) from error
    if len(data) > MAX_BYTES:
        raise SetupError([Fault(str(path), 1, 1, f"over {MAX_BYTES} bytes")])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SetupError([Fault(str(path), 1, 1, "is no text: save it as CSV in UTF-8")])


def _columns(path: Path, header: list[str]) -> list[str]:
    columns = [COLUMNS.get(cell.strip().lower(), "") for cell in header]
    if not {"name", "kind"} <= set(columns) or "" in columns or len(set(columns)) < len(columns):
        raise SetupError([Fault(str(path), 1, 1, HEADER)])
    return columns


def _faults(
    path: Path, line: int, columns: list[str], cells: list[str], told: Mapping[str, str]
) -> Iterator[Fault]:
    if len(cells) != len(columns):
        what = f"has {len(cells)} columns, line 1 has {len(columns)}"
        yield Fault(str(path), line, 1, what)
    elif any(len(cell) > MAX_TEXT for cell in cells):
        yield Fault(str(path), line, 1, f"a text of over {MAX_TEXT} characters")
    elif not plain_name(told["name"]):
        yield Fault(str(path), line, 1, "name: must be given")
    elif told["kind"].strip().lower() not in KINDS:
        what = "kind: must be resident, staff, visitor, delivery or emergency"
        yield Fault(str(path), line, 1, what)
