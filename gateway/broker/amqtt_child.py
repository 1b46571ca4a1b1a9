"""A broker in Python for trying out, as a process of its own: `python -m … PORT`."""

import asyncio
import logging
import sys
import warnings

from amqtt.broker import Broker

MAX_CONNECTIONS = 1000


async def serve(port: int) -> None:
    """Serve anonymous clients of this machine until killed."""
    broker = Broker(
        {
            "listeners": {
                "default": {
                    "type": "tcp",
                    "bind": f"127.0.0.1:{port}",
                    "max_connections": MAX_CONNECTIONS,
                }
            },
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # amqtt logs whole packets, and they hold people's codes
    warnings.simplefilter("ignore")
    asyncio.run(serve(int(sys.argv[1])))
