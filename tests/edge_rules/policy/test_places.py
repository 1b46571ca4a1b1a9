"""edge_rules.policy.places: where a character of a value stands in its file."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from devices.setup_file import parse_setup
from edge_rules.policy.places import Places

FORMS = {
    "plain": "a:\n  when: site == one && two\n",
    "plain over lines": "a:\n  when: site\n    == one\n\n    && two\n",
    "folded": "a:\n  when: >-\n    site == one\n      && two\n  b: 1\n",
    "folded, kept": "a:\n  when: >+2\n\n    site == one\n    && two\n\n",
    "literal": "a:\n  when: | # a comment\n    site\n    == one\n    && two\n",
    "single": "a: {when: 'site == one\n     && two'}\n",
    "double": 'a: {when: "site == \\u006fne \\\n     && two"}\n',
    "anchored": "a:\n  when: &x !!str site == one && two\n",
}


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_each_style_of_yaml(form: str) -> None:
    text = FORMS[form]
    file = parse_setup(text, "x")
    value = file.data["a"]["when"]
    places = Places(text).within(file.places["a", "when"], value)
    assert len(places) == len(value) + 1
    for word in ("site", "==", "&&", "two"):
        line, column = places[value.index(word)]
        assert text.split("\n")[line - 1][column - 1 :].startswith(word)


def test_a_doubled_quote_is_one_character() -> None:
    text = "a: {when: 'x''''y'}\n"
    file = parse_setup(text, "x")
    places = Places(text).within(file.places["a", "when"], file.data["a"]["when"])
    assert places == [(1, 12), (1, 13), (1, 15), (1, 17), (1, 18)]


@given(
    st.lists(
        st.sampled_from(["a1", "b2 ", "'", '"', "\\", " ", "  ", "北", "(", "\n"]), min_size=1
    ),
    st.sampled_from(["'", '"', "|", ">"]),
    st.integers(20, 60),
)
def test_every_character_is_found_in_what_yaml_writes(
    words: list[str], style: str, width: int
) -> None:
    value = "x" + "".join(words).strip() + "z"
    text = yaml.dump(
        {"when": value}, default_style=style, width=width, allow_unicode=True
    )  # fmt: skip
    file = parse_setup(text, "x")
    assert file.data["when"] == value
    places = Places(text).within(file.places["when",], value)
    lines = text.split("\n")
    for char, (line, column) in zip(value, places, strict=False):
        if char.isspace():
            continue
        assert lines[line - 1][column - 1] in (char, "\\")
    assert places == sorted(places)
