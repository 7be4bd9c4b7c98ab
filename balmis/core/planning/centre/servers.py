"""The servers of one station: who is free, who is there, who is away until when."""

from balmis.core.planning.centre.layout import NEVER, Station


class Crew:
    """Of several who could begin, the first. Servers are their indices."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.free = [True] * station.servers
        self.until = [-NEVER] * station.servers  # refills until then
        self.done = [0] * station.servers
        self.windows = [
            sorted((a.from_, a.to) for a in station.away if a.server == n)
            for n in range(station.servers)
        ]

    def take(self, at: float) -> int | None:
        """Somebody who is free and there, from now on not free; None: nobody."""
        for server, free in enumerate(self.free):
            if free and self.there(server, at) <= at:
                self.free[server] = False
                return server
        return None

    def there(self, server: int, at: float) -> float:
        """From when on the server can begin, `at` or later."""
        at = max(at, self.until[server])
        for begin, end in self.windows[server]:
            if begin <= at < end:
                at = end
        return at

    def back(self, at: float) -> float | None:
        """When the first of those who are free comes back; None: nobody is free."""
        found = [self.there(n, at) for n, free in enumerate(self.free) if free]
        return min(found, default=None)

    def give_back(self, server: int, at: float) -> None:
        self.free[server] = True
        self.done[server] += 1
        if (refill := self.station.refill) and self.done[server] % refill.every == 0:
            self.until[server] = at + refill.minutes
