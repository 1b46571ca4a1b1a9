"""gateway.web.health."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.web.conftest import bearer
from tests.gateway.web.site_in_memory import Site, decided


async def test_ready_says_what_is_missing(client: httpx.AsyncClient, site: Site) -> None:
    ready = await client.get("/readyz", headers=bearer("viewer"))
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "missing": []})
    site.operations.missing = ["broker"]
    waiting = await client.get("/readyz", headers=bearer("viewer"))
    assert (waiting.status_code, waiting.json()) == (503, {"ready": False, "missing": ["broker"]})


async def test_metrics_count_events_but_not_how_people_fared(
    client: httpx.AsyncClient, site: Site
) -> None:
    for decision in ("admit", "deny", "deny"):
        site.happen("passage-decided", **decided(decision=decision))
    answer = await client.get("/metrics", headers=bearer("viewer"))
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["menshen_events_total", "passage-decided"] == 3
    assert samples["menshen_last_seq",] == 3
    assert samples["menshen_troubles_total", "driver_fault"] == 2
    assert samples["menshen_lane_mode", "normal", "north-in"] == 1
    assert samples["menshen_device_online", "gate-1", "north-in"] == 1
    assert "deny" not in answer.text
