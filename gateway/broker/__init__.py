"""The broker: a configuration for an external mosquitto, or one embedded as a child."""
