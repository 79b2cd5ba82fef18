"""However the interface ends, its process ends too."""

from __future__ import annotations

import threading

from textual.app import App
from textual.driver import Driver

from kwtui.app.launch import end_terminal_threads


class GoneTerminal(Driver):
    """Reads a terminal that is gone: at once, nothing, for ever; it was never told to stop."""

    def __init__(self) -> None:
        super().__init__(App())
        self.exit_event = threading.Event()
        self.closed = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        while not self.exit_event.wait(0.001):
            pass

    def write(self, data: str) -> None:
        raise OSError(5, "Input/output error")

    def start_application_mode(self) -> None: ...

    def disable_input(self) -> None: ...

    def stop_application_mode(self) -> None: ...

    def close(self) -> None:
        self.closed = True
        raise OSError(5, "Input/output error")


async def test_a_terminal_that_is_gone_keeps_no_thread_at_work() -> None:
    driver = GoneTerminal()
    end_terminal_threads(driver)
    driver.reader.join(timeout=5)
    assert not driver.reader.is_alive()
    assert driver.closed


def test_an_interface_that_never_opened_has_nothing_to_end() -> None:
    end_terminal_threads(None)
