"""devices.setup_file."""

import pytest
from pydantic import BaseModel, ConfigDict, Field

from devices.errors import MAX_WHAT, Fault, SetupError
from devices.setup_file import check_setup, parse_setup

BOMB = "a: &a0 [x]\n" + "".join(
    f"b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)


class Gate(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    port: int = Field(ge=1)


class Estate(BaseModel):
    model_config = ConfigDict(extra="forbid")
    gates: list[Gate]


def test_every_fault_is_listed_with_its_place() -> None:
    text = "gates:\n  - name: north\n    port: 0\n    colour: red\n  - port: 7\n"
    with pytest.raises(SetupError) as caught:
        check_setup(Estate, parse_setup(text, "estate.yaml"))
    assert [str(fault) for fault in caught.value.faults] == [
        "estate.yaml:3:11: gates.0.port: Input should be greater than or equal to 1",
        "estate.yaml:4:13: gates.0.colour: unknown key",
        "estate.yaml:5:5: gates.1.name: is missing",
    ]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: 1\na: 2\n", (2, 1), "stands here twice"),
        ("a: [1\n", (2, 1), "not YAML"),
        ("a: 2026-13-99\n", (1, 4), "not a value"),
        ("? [a]\n: 1\n", (1, 3), "a key must be a word"),
        ("[" * 40 + "]" * 40, (1, 34), "nested deeper"),
        ("[" * 100_000, (1, 1), "nested deeper"),
        (BOMB, (1, 4), "aliases repeat more than"),
        ("a: &a\n  b: *a\n", (1, 4), "nested deeper"),
        ("a: \x07\n", (1, 4), "not YAML"),
        ("a: 1\nb: x\x00\n", (2, 5), "U+0000"),
        ("a: !!python/object:os.system x\n", (1, 4), "not YAML"),
        ("a: !!timestamp x\n", (1, 4), "not a value"),
        ("a: !!bool maybe\n", (1, 4), "not a value"),
        ("a: !!int ''\n", (1, 4), "not a value"),
        ("a: \ud83d\n", (1, 4), "U+D83D"),
    ],
)
@pytest.mark.parametrize("fast", [False, True])
def test_broken_yaml_is_one_precise_fault(
    text: str, where: tuple[int, int], what: str, *, fast: bool
) -> None:
    with pytest.raises(SetupError) as caught:
        parse_setup(text, "x.yaml", fast=fast)
    (fault,) = caught.value.faults
    assert (fault.line, fault.column) == where or fast
    assert what in fault.what or fast
    assert "\n" not in fault.what


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\ud83d\\ude00"', '"\\U00110000"'])
def test_an_escape_of_no_character_is_a_fault_in_keys_and_in_values(
    text: str, *, fast: bool
) -> None:
    for data in (f"a: {text}", f"{text}: a"):
        with pytest.raises(SetupError):
            parse_setup(data, "x.yaml", fast=fast)


def test_some_aliases_are_no_attack() -> None:
    text = "a: &a [1, 2]\n" + "".join(f"b{n}: *a\n" for n in range(1000))
    assert parse_setup(text, "x.yaml").data["b999"] == [1, 2]


def test_a_fault_is_one_printable_line_whatever_it_repeats() -> None:
    text = 'a: 1\n"x\\n\\e[2J\\u202e": 1\n"x\\n\\e[2J\\u202e": 2\n'
    with pytest.raises(SetupError) as caught:
        parse_setup(text, "x.yaml")
    (fault,) = caught.value.faults
    assert str(fault) == r"x.yaml:3:1: x\u000a\u001b[2J\u202e: stands here twice"
    assert len(str(Fault("x", 1, 1, "long" * 1000))) < MAX_WHAT + 20


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a:\nb: 1\n",
            "{a: , b: 1}",
            "{a : , b}",
            "- \n- x\n",
            "a: |\n  x\n",
            "? x\n",
            "a: &x\nb: *x\n",
        ),
        *(
            "a:   # x\nb: 1",
            "{a: '', b: \"\"}",
            "a: !!str\nb: 1",
            "a: {\n}",
            "a: [\n]\nb:\u0085c: 1",
            "",
        ),
    ],
)
def test_both_libraries_give_the_same_data_and_places(text: str) -> None:
    assert parse_setup(text, "x.yaml", fast=True) == parse_setup(text, "x.yaml")
