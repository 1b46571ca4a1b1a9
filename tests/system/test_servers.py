"""The servers the tests rely on are the real ones."""

import socket

from tests.servers import Server


def test_broker_and_store_answer(broker: Server, store: Server) -> None:
    for server in (broker, store):
        with socket.create_connection(("127.0.0.1", server.port), 2):
            assert server.process is not None
