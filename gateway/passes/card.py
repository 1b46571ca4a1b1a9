"""A pass on paper: one side of a card (ISO 7810 ID-1, 85.60 by 53.98 mm), in both tongues.

A name is printed where one is given, and nowhere kept.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape

import segno

from gateway.passes.envelope import SignedPass
from gateway.passes.ledger import PassRecord

WIDTH_MM, HEIGHT_MM = 85.60, 53.98
QUIET = 4  # modules of white around a code (ISO 18004)
CODE_MM = 47.0  # with its white; a module of a pass is then three quarters of a millimetre
LINES = 12  # that stand beside the code

PERSONS = {
    "resident": ("居民", "Resident"),
    "staff": ("工作人员", "Staff"),
    "visitor": ("访客", "Visitor"),
    "delivery": ("配送", "Delivery"),
    "emergency": ("应急人员", "Emergency services"),
}

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"
 viewBox="0 0 {width} {height}" font-family="'Noto Sans CJK SC','PingFang SC',sans-serif">
<rect width="{width}" height="{height}" rx="3" fill="#fff" stroke="#999" stroke-width=".2"/>
<g transform="translate(2 3.4) scale({scale})"><path d="{modules}" fill="#000"/></g>
{lines}
</svg>
"""

_HTML = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>门神通行证 Menshen pass</title>
<style>
@page {{ size: A6 landscape; margin: 10mm }}
body {{ margin: 0 }}
svg {{ display: block }}
</style>
</head>
<body>
{svg}</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows."""

    signed: SignedPass
    record: PassRecord
    estate: Mapping[str, str]
    zone: tzinfo
    holder: str = ""

    def svg(self) -> str:
        """Draw it."""
        modules, size = qr_path(self.signed.text)
        return _SVG.format(
            width=WIDTH_MM,
            height=HEIGHT_MM,
            scale=round(CODE_MM / size, 5),
            modules=modules,
            lines="\n".join(self._lines()),
        )

    def html(self) -> str:
        """Draw it on a page to print."""
        return _HTML.format(svg=self.svg())

    def png(self) -> bytes:
        """Draw the code alone, as pixels."""
        out = io.BytesIO()
        _code(self.signed.text).save(out, kind="png", scale=8, border=QUIET)
        return out.getvalue()

    def _lines(self) -> list[str]:
        terms, record = self.signed.terms, self.record
        zh, en = PERSONS[record.person]
        said = [(self.estate["zh"], 3.6, 700), (self.estate["en"], 2.6, 400)]
        said += [(f"{zh} {en}", 3.4, 700)]
        said += [(self.holder, 3.2, 700)] if self.holder else []
        said += [(f"{self._day(terms.since_s)} – {self._day(terms.until_s)}", 2.4, 400)]
        said += [(part, 2.4, 400) for part in record.times.split("; ") if part]
        said += [(", ".join(record.gates), 2.4, 400)] if record.gates else []
        if record.uses_per_day is not None:
            said += [(f"每日 {record.uses_per_day} 次 a day", 2.4, 400)]
        number = record.id[:8]
        said += [(f"编号 No. {number[:4]}-{number[4:]}", 2.4, 400)]
        lines, at = [], 5.0
        for text, size, weight in said[:LINES]:
            at += size * 1.3
            lines.append(_text(text, at, size, weight))
        return lines

    def _day(self, second: int) -> str:
        return f"{datetime.fromtimestamp(second, self.zone):%Y-%m-%d}"


def qr_path(text: str) -> tuple[str, int]:
    """Draw a code as one path of an SVG, a module a unit, white around it; and its width."""
    rows = [bytes(row) for row in _code(text).matrix_iter(border=QUIET)]
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                runs.append(f"M{x} {y}h{end - x}v1h-{end - x}z")
            x = end + 1
    return "".join(runs), len(rows)


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m", boost_error=False)


def _text(text: str, at_mm: float, size_mm: float, weight: int) -> str:
    # 34 mm are beside the code; a long line is drawn narrower, not cut.
    width = sum(size_mm if ord(c) > 0x2E80 else size_mm * 0.55 for c in text)
    narrow = ' textLength="34" lengthAdjust="spacingAndGlyphs"' if width > 34 else ""
    return (
        f'<text x="50" y="{at_mm:.2f}" font-size="{size_mm}" font-weight="{weight}"{narrow}>'
        f"{escape(text)}</text>"
    )
