"""Decisions: pure functions of readings, policy and time."""
