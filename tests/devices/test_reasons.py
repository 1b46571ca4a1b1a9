"""devices.reasons: every word that is stored has its sentence, in both tongues."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices import reasons
from devices.reasons import REASONS, sentence
from tests.conftest import REPOSITORY

# Where events, alarms, refusals and what a device answers get their words.
WRITERS = (
    "devices/**", "drivers/**", "edge_rules/**", "gateway/outbox/**", "gateway/forwarding/**",
    "gateway", "gateway/broker",
)  # fmt: skip
WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

# Words of the code that are no reasons: a new one is either put here or given its sentence.
EVENT_TYPES = {
    "reading-received", "passage-decided", "passage-completed", "passage-not-taken",
    "visit-abandoned", "gate-commanded", "gate-opened", "gate-alarm", "device-online",
    "operator-acted", "alarm-raised", "alarm-acknowledged", "window-closed", "clock-judged",
    "policy-changed", "policy-waits", "order-accepted", "shadow-changed", "shadow-judged",
    "platform-online", "key-rotated",
}  # fmt: skip
WORDS_OF_FACTS = {
    "eu-dcc", "smart-health-card", "colour-code", "estate-pass", "not-yet-valid",
    "body-equivalent", "before-start", "this-gate", "stx-etx", "key-usage",
}  # fmt: skip
ACTS = {"rollback-policy", "suspend-order", "start-visit"}
DRIVERS = {
    "mqtt-scanner", "mqtt-thermometer", "mqtt-camera", "mqtt-gate", "mqtt-mapped",
    "serial-scanner", "thermal-recording",
}  # fmt: skip
NAMES_OF_THREADS = {"outbox-reader", "outbox-writer", "store-writer", "mqtt-dial", "last-resort"}
OF_THE_WEB = {
    "accept-encoding",
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "menshen-gateway",
    "menshen-session",
    "utf-8",
}
OF_THE_LANGUAGES = {"not-after", "not-before", "no-value", "not-understood", "fixed-point"}
KNOWN = (
    EVENT_TYPES | ACTS | WORDS_OF_FACTS | DRIVERS | NAMES_OF_THREADS | OF_THE_WEB | OF_THE_LANGUAGES
)


def modules() -> Iterator[Path]:
    for writers in WRITERS:
        for path in REPOSITORY.glob(f"{writers}/*.py"):
            if path.name != "reasons.py":
                yield path


def words_of(path: Path) -> set[str]:
    constants = (
        n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)
    )
    return {c.value for c in constants if isinstance(c.value, str) and WORD.fullmatch(c.value)}


@pytest.mark.parametrize("path", sorted(modules()), ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_every_word_is_a_reason_with_a_sentence_or_known_for_something_else(path: Path) -> None:
    assert words_of(path) - REASONS.keys() - KNOWN == set()


@pytest.mark.parametrize("word", sorted(REASONS))
def test_both_tongues_say_something(word: str) -> None:
    said = sentence(word)
    assert re.fullmatch(r"[a-z][a-z0-9-]*", word)
    assert CHINESE.search(said.zh)
    assert said.en.isascii()
    assert said.en[0].isupper()
    assert not said.en.endswith(".")


def test_unknown_word_stands_for_itself() -> None:
    assert sentence("not-a-reason").zh == sentence("not-a-reason").en == "not-a-reason"


def test_no_word_has_two_sentences() -> None:
    groups = [
        words
        for name, words in vars(reasons).items()
        if re.fullmatch("_[A-Z]+", name) and isinstance(words, dict)
    ]
    assert len(REASONS) == sum(map(len, groups))
