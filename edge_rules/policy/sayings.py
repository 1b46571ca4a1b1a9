"""The words of a rule for the person at the lane, in both tongues."""

from collections.abc import Mapping

from devices.setup_file import Path
from edge_rules.decision import Say
from edge_rules.policy.reading import Reader

TONGUES = ("zh", "en")
MAX_SAY = 200  # characters on the terminal's display
_COMMAS = {"zh": ",", "en": ", "}


def read_say(value: object, path: Path, reader: Reader) -> Say | None:
    """Return the words of a rule, None where it has none."""
    if value is None:
        return None
    words = reader.mapping(_whole_texts(value), path, TONGUES)
    if not isinstance(value, Mapping):
        return None
    for tongue in TONGUES:
        said = words.get(tongue)
        if not isinstance(said, str) or not 0 < len(said.strip()) <= MAX_SAY:
            what = f"needs words for the person at the lane, at most {MAX_SAY} characters"
            reader.fault((*path, tongue), what)
    return Say(str(words.get("zh")), str(words.get("en")))


def _whole_texts(value: object) -> object:
    """Join what YAML parted: `{zh: 偏高,请稍候, en: …}` holds a key 请稍候 without a value."""
    if not isinstance(value, Mapping):
        return value
    whole: dict[str, object] = {}
    tongue = ""
    for key, said in value.items():
        before = whole.get(tongue)
        if key not in TONGUES and said is None and isinstance(before, str):
            whole[tongue] = f"{before}{_COMMAS[tongue]}{key}"
        else:
            whole[key] = said
            tongue = key if key in TONGUES else ""
    return whole
