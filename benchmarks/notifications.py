"""`make bench`: how soon and how fast events arrive; into var/bench/notifications.json.

- `commit_to_delivered_p95_ms`: one process records an event each 100 ms, as the site does, on a system that
  does nothing else; from when its commit is done to when the receiver has the request. Workers and schedule
  are those of the Procfile, with two processes for webhooks; real PostgreSQL and Redis.
- `deliveries_per_s`: a thousand events for one address, recorded while no worker ran; from the first to the
  last that the receiver got from two such processes.

The receiver answers at once and checks each signature, on the same cores.
"""

from __future__ import annotations

import time

from benchmarks.database import bench_database
from benchmarks.mortals import until
from benchmarks.outside import Outside
from benchmarks.pages import p95
from benchmarks.table import show
from tests.stack import REDIS_URL, ROOT

VAR = ROOT / "var" / "bench"
CEILINGS = {"commit_to_delivered_p95_ms": 300, "missing": 0, "doubled_ids": 0}
FLOORS = {"deliveries_per_s": 150}
ALONE = 300
WARM_UP = 20
WAITING = 1000
PATIENCE = 180


def came(outside: Outside) -> dict[str, float]:
    times: dict[str, float] = outside.received()["times"]
    return times


def all_came(outside: Outside) -> bool:
    time.sleep(0.2)
    return not outside.is_telling and outside.told.keys() <= came(outside).keys()


def main() -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    with bench_database(), Outside(VAR / "notifications", REDIS_URL) as outside:
        outside.forget()
        outside.tell(WAITING, per_second=1_000_000)
        assert until(lambda: not outside.is_telling, seconds=PATIENCE), "nothing is recorded"
        outside.run_procfile()
        assert until(lambda: all_came(outside), seconds=PATIENCE), "not all of them came"
        waiting = sorted(came(outside).values())

        before = outside.told.keys()
        outside.tell(ALONE, per_second=10)
        assert until(lambda: all_came(outside), seconds=PATIENCE), "not all of them came"
        arrived, told = came(outside), outside.told
        seconds = [arrived[event] - done for event, done in told.items() if event not in before]
        figures = {
            "commit_to_delivered_p95_ms": p95(seconds[WARM_UP:]),
            "commit_to_delivered_median_ms": sorted(seconds[WARM_UP:])[len(seconds[WARM_UP:]) // 2] * 1000,
            "deliveries_per_s": (len(waiting) - 1) / (waiting[-1] - waiting[0]),
            "events": len(told),
            "missing": len(told.keys() - arrived.keys()),
            "doubled_ids": len(outside.received()["doubled"]),
        }
    show(figures, VAR / "notifications.json", ceilings=CEILINGS, floors=FLOORS)


if __name__ == "__main__":
    main()
