"""Forwarders: the outbox's rows on their way to where others read them."""
