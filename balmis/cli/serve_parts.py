"""The parts of a running program, each of which comes back by itself.

A part that ends is started again, at once the first time and then after longer and longer waits, up to
half a minute; the others go on. A database that went away is started again, also when there was no
room for it: as soon as there is.
"""

import signal
import subprocess
import time
from dataclasses import dataclass, field

from balmis.cli.runtime import say
from balmis.config import embedded

ROUND = 0.3  # seconds between two looks
LONGEST = 30.0  # seconds of wait
WELL = 60.0  # seconds after which a part that runs has recovered


@dataclass
class Patience:
    """How long to wait before the next start."""

    failures: int = 0
    not_before: float = 0.0

    def failed(self, now: float) -> float:
        """Note one more; how many seconds to wait."""
        wait = 0.0 if self.failures == 0 else min(LONGEST, 2.0 ** (self.failures - 1))
        self.failures, self.not_before = self.failures + 1, now + wait
        return wait


@dataclass
class Part:
    """A process of the program."""

    name: str
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    patience: Patience = field(default_factory=Patience)

    def look(self, now: float) -> None:
        """Start it if it does not run, and its time has come."""
        if self.process is not None and self.process.poll() is None:
            if now - self.started_at > WELL:
                self.patience.failures = 0
            return
        if self.process is not None:
            code, self.process = self.process.returncode, None
            wait = self.patience.failed(now)
            say(f"[red]{self.name} ended (exit {code}); started again in {wait:.0f} s.[/]")
        if now < self.patience.not_before:
            return
        try:
            self.process, self.started_at = subprocess.Popen(self.command), now
        except OSError as error:  # no memory for it now
            say(f"[red]{self.name} cannot be started now: {error}[/]")
            self.patience.failed(now)


@dataclass
class Database:
    """The embedded server of this process."""

    patience: Patience = field(default_factory=Patience)

    def look(self, now: float) -> None:
        """Start it again if it went away, and its time has come."""
        if embedded.is_running():
            self.patience.failures = 0
            return
        if now < self.patience.not_before:
            return
        wait = max(1.0, self.patience.failed(now))
        self.patience.not_before = now + wait
        try:
            embedded.start()
            say("The database went away and was started again.")
        except Exception as error:  # whatever stands against it now may pass
            say(f"[red]The database is away; tried again in {wait:.0f} s.[/] {str(error)[:200]}")


def supervise(parts: list[Part], database: Database | None) -> None:
    """Look after them until somebody ends the program."""
    while True:
        now = time.monotonic()
        if database is not None:
            database.look(now)
        for part in parts:
            part.look(now)
        time.sleep(ROUND)


def stop_all(parts: list[Part]) -> None:
    """Ask each part to finish; insist after twenty seconds."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running = [p.process for p in parts if p.process is not None and p.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + 20
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
