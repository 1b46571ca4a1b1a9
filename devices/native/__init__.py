"""The native MQTT protocol, version 1: topics and payloads (docs/protocol.md)."""
