"""The guard's page and the HTTP API: reads the outbox and the lanes, asks the runtime to act."""
