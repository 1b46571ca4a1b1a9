"""The running gateway: command line, site file, runtime, outbox, page."""
