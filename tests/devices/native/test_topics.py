"""devices.native.topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import DeviceProtocolError
from devices.native.topics import FROM_DEVICES, TO_DEVICES, DeviceTopic, gateway_topic, parse_topic

ids = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True).filter(
    lambda name: name not in {"all", "hq", "order", "gateway"}
)


@given(ids, ids, ids, st.sampled_from(sorted(FROM_DEVICES | TO_DEVICES)))
def test_topics_round_trip(site: str, lane: str, device: str, channel: str) -> None:
    topic = DeviceTopic(site, lane, device, channel)
    assert parse_topic(str(topic)) == topic
    assert str(topic) == f"menshen/1/{site}/{lane}/{device}/{channel}"


@pytest.mark.parametrize(
    ("topic", "fault"),
    [
        ("menshen/2/riverside/n/d/scan", "version"),
        ("menshen/1/riverside/n/scan", "not a topic"),
        ("other/1/riverside/n/d/scan", "not a topic"),
        ("menshen/1/riverside/n/D/scan", "device"),
        ("menshen/1/riverside/all/d/scan", "lane"),
        ("menshen/1/river.side/n/d/scan", "site"),
        ("menshen/1/riverside/n/d/", "channel"),
    ],
)
def test_fault_names_the_level(topic: str, fault: str) -> None:
    with pytest.raises(DeviceProtocolError, match=fault):
        parse_topic(topic)


@given(st.text(max_size=60))
def test_any_other_text_is_an_error_that_does_not_show_it(text: str) -> None:
    with pytest.raises(DeviceProtocolError) as caught:
        parse_topic(f"{text}/x")
    assert len(text) < 9 or text not in str(caught.value)


def test_the_gateways_own_topics() -> None:
    assert gateway_topic("riverside", "online") == "menshen/1/riverside/gateway/online"
