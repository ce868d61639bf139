"""Being asked to stop: what arrives in the middle of a round is heeded at its end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """Somebody asked a run to stop (Ctrl-C, a scheduler), and it did, after a whole round.

    Parameters
    ----------
    message : str. What was played, and where it is kept.
    signal : signal.Signals. Who asked.
    """

    def __init__(self, message: str, signal: signal.Signals) -> None:
        super().__init__(message)
        self.signal = signal


@contextmanager
def postponed(active: bool = True) -> Iterator[list[signal.Signals]]:
    """Note the first request to stop instead of obeying it; a second one is obeyed at once.

    Parameters
    ----------
    active : bool. Whether to do so at all; outside the main thread, Python delivers no signals and nothing is done.

    Yields
    ------
    list of signal.Signals. Empty until somebody asks.
    """
    asked: list[signal.Signals] = []
    if not active or threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def note(number: int, _: FrameType | None) -> None:
        asked.append(signal.Signals(number))
        put_back()

    def put_back() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    # One that is ignored, as under nohup, stays ignored; None is a handler that was not set by Python.
    before = {each: signal.getsignal(each) for each in SIGNALS}
    before = {each: handler for each, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    for each in before:
        signal.signal(each, note)
    try:
        yield asked
    finally:
        put_back()
