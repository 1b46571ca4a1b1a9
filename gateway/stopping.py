"""How the gateway ends: the first signal drains it within 5 s, the second ends it at once."""

import asyncio
import logging
import os
import signal
import threading

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)
LAST_RESORT_S = (
    4.8  # 5 s are promised; every part has a deadline of its own, this one is for faults
)
LAST_WORD_S = 0.1
OUT_OF_TIME = 1


def end_on_signal(ended: asyncio.Event) -> None:
    """Set the event at the first signal; from then on the kernel's own answer holds."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            # Not a handler of ours: whoever signals twice may do so because the loop hangs.
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=_last_resort, name="last-resort", daemon=True).start()
        ended.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, first)


def _last_resort() -> None:
    """End the process whatever still waits: unwritten readings are not acknowledged, so come again.

    A thread, since what hangs may be the loop, or the interpreter's wait for other threads.
    """
    threading.Event().wait(LAST_RESORT_S)
    words = "did not come to rest in %s s: ended all the same"
    last_word = threading.Thread(target=log.error, args=(words, LAST_RESORT_S), daemon=True)
    last_word.start()
    last_word.join(LAST_WORD_S)  # whoever reads our log may hang as well
    os._exit(OUT_OF_TIME)
