"""A small site on paper, and changes to it."""

from pathlib import Path

SITE = """\
site: riverside
name: {zh: 滨河花园, en: Riverside Gardens}
broker: {url: "mqtt://127.0.0.1:1883"}
web: {listen: "127.0.0.1:8080"}
policy: policy.yaml
trust: trust
legal:
  controller: Riverside Property Co
  contact: "+86 1"
  basis: public-health-emergency
  document: "2026/1"
  ends: 2026-12-31
limits:
  - {spot: forehead, kind: surface, celsius: 36.8, authority: A, document: D, date: 2026-11-01}
lanes:
  - lane: north-in
    checkpoint: north-gate
    direction: in
    needs: [credential, temperature]
    visit_window_ms: 8000
    devices:
      - {device: scan-1, driver: mqtt-scanner}
      - {device: cam-1, driver: mqtt-thermometer}
      - {device: gate-1, driver: mqtt-gate, fail: safe, egress: mechanical}
  - lane: north-out
    checkpoint: north-gate
    direction: out
    devices:
      - {device: gate-2, driver: mqtt-gate, fail: safe, egress: this-gate}
"""

POLICY = """\
policy: riverside-gate
facts: checkpoint/1
rules:
  - id: healthy
    when: credential.status == "valid" && temperature.celsius < temperature.limit
    then: admit
    reason: healthy
otherwise: refer
"""


def write_site(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the site with each first text replaced by its second; each must stand there once."""
    text = SITE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "policy.yaml").write_text(POLICY, "utf-8")
    (folder / "trust").mkdir(exist_ok=True)
    path = folder / "site.yaml"
    path.write_text(text, "utf-8")
    return path
