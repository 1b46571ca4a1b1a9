"""Limits and privacy that every mosquitto of ours gets, with their reasons."""

MAX_QUEUED_MESSAGES = 100_000
MAX_INFLIGHT_MESSAGES = 100
MAX_PACKET_BYTES = 4 * 1024 * 1024
MAX_QUEUED_BYTES = 64 * 1024 * 1024

LIMITS = f"""\
# Without this every acknowledged message waits 40 ms for Nagle's algorithm.
set_tcp_nodelay true

# The defaults (1000 and 20) drop readings without a word while the gateway restarts, and let
# unacknowledged ones hold up the rest.
max_queued_messages {MAX_QUEUED_MESSAGES}
max_queued_bytes {MAX_QUEUED_BYTES}
max_inflight_messages {MAX_INFLIGHT_MESSAGES}

# A thermal picture of 1280 x 1024 fits; whoever sends more is disconnected.
max_packet_size {MAX_PACKET_BYTES}

# No file of the broker may hold the texts of people's codes, and a broker that is killed forgets
# what it had not saved anyway: the gateway's outbox is the record. What waits for a gateway that
# is away stays in memory, and not for ever.
persistence false
persistent_client_expiration 1d
"""
