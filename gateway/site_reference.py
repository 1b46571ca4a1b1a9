"""The reference of the site file, made from its model: one table a section, one row a key.

`python -m gateway.site_reference docs/site-file.md` writes it anew between that page's marks.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devices.ids import ID_PATTERN
from gateway.site_model import SiteFile

BEGIN = "<!-- from the model: begin -->"
END = "<!-- from the model: end -->"

Schema = Mapping[str, Any]

# The order in which a person writes a site file.
SECTIONS = {
    "SiteFile": "The estate 小区",
    "Name": "Names 名称",
    "BrokerAt": "`broker` 消息代理",
    "Web": "`web` 页面",
    "Tls": "`web.tls` 证书",
    "Store": "`store` 时序数据库",
    "Influx": "`store.influx`, each of them",
    "ColourCode": "`colour_code` 健康码",
    "Platform": "`colour_code.platform` 核验平台",
    "Sign": "`colour_code.platform.sign` 签名",
    "AnswerMapping": "`colour_code.platform.answer` 回答",
    "Says": "`colour_code.platform.answer.says`, each of them",
    "Orders": "`orders` 总部命令",
    "Legal": "`legal` 法律依据",
    "Passes": "`passes` 通行证",
    "Retention": "`retention` 保存期",
    "Limit": "`limits` 体温上限",
    "Lane": "`lanes` 通道",
    "Device": "`devices` of a lane 设备",
}


def reference() -> str:
    """Write all tables."""
    schema = SiteFile.model_json_schema()
    parts = {**schema["$defs"], "SiteFile": schema}
    return "\n".join(_section(title, parts[name]) for name, title in SECTIONS.items())


def with_reference(page: str) -> str:
    """Return a page with the tables between its marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _section(title: str, part: Schema) -> str:
    head = f"### {title}\n\n| key | what | default | |\n|---|---|---|---|\n"
    return head + "".join(f"{row}\n" for row in _rows(part))


def _rows(part: Schema) -> Iterator[str]:
    needed = part.get("required", ())
    for key, field in part["properties"].items():
        default = "**needed**" if key in needed else _default(field.get("default"))
        yield f"| `{key}` | {_kind(field)} | {default} | {field['description']} |"


def _default(value: object) -> str:
    if value is None or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _kind(field: Schema) -> str:
    if choices := field.get("anyOf") or field.get("oneOf"):
        return " or ".join(_kind(choice) for choice in choices if choice.get("type") != "null")
    if "$ref" in field:
        return _named(field["$ref"].rsplit("/", 1)[1])
    if words := field.get("enum") or ([field["const"]] if "const" in field else []):
        return " · ".join(f"`{word}`" for word in words)
    if field["type"] == "object":
        return "keys and values"
    if field["type"] == "array":
        return f"list of {_kind(field['items'])}"
    return _plain(field)


def _plain(field: Schema) -> str:
    if "minimum" in field:
        return f"{field['minimum']} … {field['maximum']}"
    if field.get("pattern") == ID_PATTERN:
        return "id: 1 to 32 of `a-z`, `0-9`, `-`"
    if field["type"] == "boolean":
        return "`true` · `false`"
    return {"path": "path", "date": "date"}.get(field.get("format", ""), "text")


def _named(name: str) -> str:
    part = SiteFile.model_json_schema()["$defs"][name]
    return _kind(part) if "enum" in part else f"[keys](#{_anchor(SECTIONS[name])})"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\s-]", "", title.lower()).replace(" ", "-")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_reference(path.read_text("utf-8")), "utf-8")
