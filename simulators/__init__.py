"""The other end of every driver: devices, people and estates that are not there."""
