"""django-appointment's own availability code on the same PostgreSQL, in an environment of its own.

`measure` installs it into a throw-away environment under var/bench and runs this very file there, which then
plays the other project: its settings, its tables, its rows, its function.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PACKAGE = "django-appointment==3.12.0"


def measure(
    directory: Path, database: dict[str, Any], *, staff: int, days: int, minutes: int
) -> dict[str, Any]:
    """Milliseconds for the union of `days` days of `staff` people, and how many slots it found."""
    python = directory / "rival" / "bin" / "python"
    if not (directory / "rival" / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", directory / "rival"], check=True)  # noqa: S603
        subprocess.run(  # noqa: S603
            [python, "-m", "pip", "install", "--quiet", PACKAGE, "psycopg[binary]"], check=True
        )
        (directory / "rival" / "installed").touch()
    task = {"database": database, "staff": staff, "days": days, "minutes": minutes}
    run = subprocess.run(  # noqa: S603
        [python, __file__],
        input=json.dumps(task),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
        env={"PATH": os.environ["PATH"]},
        cwd=directory,
    )
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def play(task: dict[str, Any]) -> dict[str, Any]:
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **task["database"]}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.messages",
            "appointment",
        ],
        SECRET_KEY="bench",  # noqa: S106
        USE_TZ=True,
        TIME_ZONE="America/Toronto",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
        MIGRATION_MODULES={"appointment": None},  # it ships none
    )
    django.setup()
    import logging

    logging.disable(logging.CRITICAL)
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for app in ("auth", "sessions"):
        call_command("migrate", app, verbosity=0, interactive=False)
    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
    people, service, days = _rows(task)

    from appointment.services import get_available_slots_for_staff
    from appointment.utils.db_helpers import get_weekday_num_from_date

    def union() -> int:
        found = set()
        for day in days:
            for person in people:
                weekday = get_weekday_num_from_date(day)
                found.update(get_available_slots_for_staff(day, person, weekday, service=service))
        return len(found)

    slots = union()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        union()
        times.append(time.perf_counter() - began)
    with CaptureQueriesContext(connection) as captured:
        union()
    return {"ms": min(times) * 1000, "slots": slots, "queries": len(captured)}


def _rows(task: dict[str, Any]) -> tuple[list[Any], Any, list[Any]]:
    """People who work from 9 to 17 on weekdays, two hours of each day booked."""
    from datetime import date, timedelta
    from datetime import time as clock

    from appointment.models import Appointment, AppointmentRequest, Service, StaffMember, WorkingHours
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    service = Service.objects.create(name="Cours", duration=timedelta(minutes=task["minutes"]), price=45)
    client = users.create_user("client")
    first = date.today() + timedelta(days=1)  # noqa: DTZ011 - the other project counts in local days
    days = [first + timedelta(days=n) for n in range(task["days"])]
    people = []
    for number in range(task["staff"]):
        person = StaffMember.objects.create(user=users.create_user(f"tuteur{number}"), slot_duration=30)
        person.services_offered.add(service)
        people.append(person)
        for weekday in range(1, 6):
            WorkingHours.objects.create(
                staff_member=person, day_of_week=weekday, start_time=clock(9), end_time=clock(17)
            )
        requests = [
            AppointmentRequest(
                date=day,
                start_time=clock(hour),
                end_time=clock(hour + 1),
                service=service,
                staff_member=person,
                id_request=f"{number}-{day}-{hour}",
            )
            for day in days
            for hour in (9 + (number + day.day) % 3, 13 + (number + day.day) % 3)
        ]
        AppointmentRequest.objects.bulk_create(requests)
        Appointment.objects.bulk_create(
            Appointment(
                client=client, appointment_request=request, id_request=request.id_request, amount_to_pay=45
            )
            for request in requests
        )
    return people, service, days


if __name__ == "__main__":
    print(json.dumps(play(json.load(sys.stdin))))
