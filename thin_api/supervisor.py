"""Keeping processes running: one that dies is started again; at the end every one is stopped."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from thin_api import osuser
from thin_api.settings import ConfigurationError

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a process is started again
STEADY = 60.0  # seconds after which a start counts as a success
PATIENCE = 20.0  # seconds a process has to stop before it is killed
INTERVAL = 0.2


@dataclass(slots=True)
class Child:
    """One supervised program.

    descriptors: open files it inherits, such as a socket that others already connect to.
    hopeless: exit codes after which starting it again cannot help, with what to tell the operator.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    descriptors: Sequence[int] = ()
    hopeless: Mapping[int, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _restart_at: float = 0.0
    _delay: float = FIRST_DELAY

    def keep_running(self) -> None:
        """Start the program when it does not run and its pause is over."""
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._process = None
            if code in self.hopeless:
                raise ConfigurationError(f"{self.name}: {self.hopeless[code]}")
            if now - self._started > STEADY:
                self._delay = FIRST_DELAY
            self._restart_at = now + self._delay
            osuser.say(f"{self.name} ended ({_how(code)}); again in {self._delay:g} s")
            self._delay = min(self._delay * 2, LONGEST_DELAY)
        if now >= self._restart_at:
            self._started = now
            # A group of its own: Ctrl-C in the terminal reaches only the supervisor.
            self._process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                pass_fds=self.descriptors,
                process_group=0,
            )

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Ask it to stop; kill it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            osuser.say(f"{self.name} does not stop within {PATIENCE:.0f} s: killed")
            self._process.kill()
            self._process.wait()
        self._process = None


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class Stopper:
    """Turns signals into a flag from now on: a second Ctrl-C must not leave half of it running."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked.set()


def supervise(
    children: Sequence[Child],
    *,
    stopper: Stopper,
    before: Callable[[], None] = lambda: None,
    when_started: Callable[[], None] = lambda: None,
) -> None:
    """Keep the children running until asked to stop; then stop them, the last one first.

    before: called each round, for what they depend on. when_started: called once, after the start.
    Raises ConfigurationError when a child ends in a way that a new start cannot mend.
    """
    announced = False
    try:
        while not stopper.asked.is_set():
            before()
            for child in children:
                child.keep_running()
            if not announced:
                announced = True
                when_started()
            stopper.asked.wait(INTERVAL)
    finally:
        for child in reversed(children):
            child.stop()


def python_module(name: str) -> list[str]:
    """Return the command that runs a module with this interpreter."""
    return [sys.executable, "-m", name]
