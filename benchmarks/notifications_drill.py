"""`make drill`: events through kills and outages, into var/drill/notifications.json and on the screen.

    python -m benchmarks.notifications_drill [--events 10000] [--redis-down 300] [DRILL…]

PostgreSQL, Redis, workers, schedule, the one who records events and the receiver are processes of their own;
both servers belong to the drill alone, whatever DATABASE_URL and REDIS_URL say, because it stops them. Each
drill records `events`, one commit each, while something is taken away, and waits until all have come:

- `delivered`: distinct events that the receiver got, by `event_id`, with a right signature; `missing`: those
  that were committed and never came.
- `doubled_ids`: events that came more than once, as at-least-once allows; `twins`: the same content under two
  ids, which must never be.
- `recovery_s`: from when everything was whole again (the last kill, the server back) and all was recorded,
  to the last event that came.
- `restarted`: processes that ended by themselves and were started again, as a supervisor does.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from django.db import connection

from benchmarks.database import bench_database
from benchmarks.mortals import until
from benchmarks.outside import Outside
from config.embedded import DATABASE, postgres, redis_server, socket_folder
from config.processes import stop_by_signal
from notifications.models import OutboxMessage
from tests.stack import ROOT

VAR = ROOT / "var" / "drill"
OWN = VAR / "servers"
PATIENCE = 600
"""Seconds after which an event that has not come is missing."""
WORKERS = 8
KILL_EVERY = 0.2
PER_SECOND = 100.0

Figures = dict[str, Any]


class Servers:
    """PostgreSQL and Redis of the drill's own, that can be stopped and started again."""

    def __init__(self, sockets: Path) -> None:
        self.sockets = sockets
        self._postgres, self._redis = ExitStack(), ExitStack()

    def start_postgres(self) -> str:
        return self._postgres.enter_context(postgres(OWN, self.sockets, False, lambda _: None))

    def stop_postgres(self) -> None:
        connection.close()
        self._postgres.close()

    def start_redis(self) -> str:
        return self._redis.enter_context(redis_server(OWN, self.sockets, False))

    def stop_redis(self) -> None:
        """With nothing on a disk: it comes back empty."""
        self._redis.close()

    def stop(self) -> None:
        self.stop_redis()
        self.stop_postgres()


class Drills:
    def __init__(self, servers: Servers, redis_url: str, *, events: int, away: float) -> None:
        self.servers = servers
        self.redis_url = redis_url
        self.events = events
        self.away = away

    def everything(self) -> dict[str, Callable[[], Figures]]:
        return {
            "killed": self.killed,
            "redis_flushed": self.redis_flushed,
            "redis_down": self.redis_down,
            "postgres_restarted": self.postgres_restarted,
        }

    def killed(self) -> Figures:
        """Eight workers, one of which is killed every 200 ms until nine of ten events have come."""
        with self._outside("killed") as outside:
            outside.run_procfile(without={"critical", "mail", "webhooks"})
            outside.run("worker", "-m", "tests.mortal.nursery", str(WORKERS), str(KILL_EVERY))
            outside.tell(self.events, per_second=PER_SECOND)
            enough = self.events * 9 // 10
            until(lambda: not outside.is_telling and self._came(outside) >= enough, seconds=PATIENCE)
            os.kill(outside.processes["worker"].pid, signal.SIGUSR1)
            return self._judged(outside) | {"killed": outside.deaths()}

    def redis_flushed(self) -> Figures:
        """FLUSHALL, twice, while events are recorded and delivered."""
        with self._working("redis_flushed") as outside:
            for part in (1, 2):
                self._until_told(outside, self.events * part // 3)
                redis.Redis.from_url(self.redis_url).flushall()
            return self._judged(outside)

    def redis_down(self) -> Figures:
        """Redis is away for minutes, and empty when it comes back; events are recorded meanwhile."""
        with self._working("redis_down") as outside:
            self._until_told(outside, self.events // 3)
            self.servers.stop_redis()
            back = time.monotonic() + self.away
            while time.monotonic() < back:
                outside.supervise()
                time.sleep(0.5)
            self.servers.start_redis()
            return self._judged(outside) | {"away_s": self.away}

    def postgres_restarted(self) -> Figures:
        """PostgreSQL is restarted, twice, while events are recorded and delivered."""
        with self._working("postgres_restarted") as outside:
            for part in (1, 2):
                self._until_told(outside, self.events * part // 3)
                self.servers.stop_postgres()
                self.servers.start_postgres()
            return self._judged(outside)

    @contextmanager
    def _outside(self, name: str) -> Iterator[Outside]:
        OutboxMessage.objects.all().delete()
        redis.Redis.from_url(self.redis_url).flushall()
        with Outside(VAR / "notifications" / name, self.redis_url) as outside:
            yield outside

    @contextmanager
    def _working(self, name: str) -> Iterator[Outside]:
        with self._outside(name) as outside:
            outside.run_procfile()
            outside.tell(self.events, per_second=PER_SECOND)
            yield outside

    def _until_told(self, outside: Outside, number: int) -> None:
        def told() -> bool:
            outside.supervise()
            return len(outside.told) >= number or not outside.is_telling

        assert until(told, seconds=PATIENCE), "nothing is recorded"

    @staticmethod
    def _came(outside: Outside) -> int:
        outside.supervise()
        return len(outside.received()["times"])

    def _judged(self, outside: Outside) -> Figures:
        """Everything is whole: how long until every event has come?"""
        whole = time.time()

        def all_came() -> bool:
            outside.supervise()
            time.sleep(0.3)
            return not outside.is_telling and outside.told.keys() <= outside.received()["times"].keys()

        until(all_came, seconds=PATIENCE)
        told, received = outside.told, outside.received()
        times = received["times"]
        missing = told.keys() - times.keys()
        last = max((came for event_id, came in times.items() if event_id in told), default=whole)
        return {
            "events": len(told),
            "delivered": len(told) - len(missing),
            "missing": len(missing),
            "doubled_ids": len(received["doubled"]),
            "twins": received["twins"],
            "unsigned": received["unsigned"],
            "recovery_s": None if missing else round(max(0.0, last - max(whole, *told.values())), 1),
            "restarted": outside.restarted,
        }


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.notifications_drill")
    parser.add_argument("drills", nargs="*", metavar="DRILL")
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--redis-down", type=float, default=300, metavar="SECONDS")
    wanted = parser.parse_args(arguments)
    stop_by_signal()
    OWN.mkdir(parents=True, exist_ok=True)
    with socket_folder(OWN) as sockets:
        _see_to_own_servers(sockets)
        servers = Servers(sockets)
        try:
            servers.start_postgres()
            redis_url = servers.start_redis()
            with bench_database():
                drills = Drills(servers, redis_url, events=wanted.events, away=wanted.redis_down).everything()
                if unknown := set(wanted.drills) - set(drills):
                    parser.error(f"no drill {', '.join(sorted(unknown))}; there are {', '.join(drills)}")
                found = {
                    name: drill()
                    for name, drill in drills.items()
                    if not wanted.drills or name in wanted.drills
                }
        finally:
            servers.stop()
    _show(found)
    for name, figures in found.items():
        assert figures["missing"] == figures["twins"] == figures["unsigned"] == 0, f"{name}: {figures}"


def _see_to_own_servers(sockets: Path) -> None:
    """Settings are read once, and this process has read others: begin again with the drill's own."""
    own = {
        "DATABASE_URL": f"postgres://postgres@/{DATABASE}?host={quote(str(sockets / 'pg'))}",
        "REDIS_URL": f"unix://{quote(str(sockets / 'redis.sock'))}?db=0",
    }
    if any(os.environ.get(name) != value for name, value in own.items()):
        os.environ.update(own)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.notifications_drill", *sys.argv[1:]])  # noqa: S606


def _show(found: dict[str, Figures]) -> None:
    path = VAR / "notifications.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    columns = ["events", "delivered", "missing", "doubled_ids", "twins", "recovery_s", "restarted"]
    print(f"{'':20}" + "".join(f"{column:>13}" for column in columns))
    for name, figures in found.items():
        print(f"{name:20}" + "".join(f"{figures[column]!s:>13}" for column in columns))


if __name__ == "__main__":
    main(sys.argv[1:])
