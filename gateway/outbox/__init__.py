"""The outbox: what the gateway knows to be true, in order, on disk."""
