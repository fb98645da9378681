"""`make demo`: the whole product on this machine, under one supervisor.

What the environment names is used (DATABASE_URL, REDIS_URL, STRIPE_SECRET_KEY, MAKE_…_WEBHOOK_URL); what it
doesn't is started here: PostgreSQL and Redis from their wheels, and the Stripe sandbox with a receiver of
webhooks. The processes of the site itself are those of the Procfile, under honcho.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx

from config.demo_content.accounts import ADMIN, EDITOR, PASSWORD, STUDENT, TUTOR
from config.embedded import embedded_services
from config.processes import CannotStart, end_with_parent, no_descendants_left, running, stop_by_signal
from config.settings.base import MAKE_WEBHOOK_URLS, ROOT, VAR

HOST = "127.0.0.1"
READY_SECONDS = 120
BIN = Path(sys.executable).parent

ACCOUNTS = {"student": STUDENT, "tutor": TUTOR, "editor": EDITOR, "administrator": ADMIN}
CARDS = {
    "4242 4242 4242 4242": "pays",
    "4000 0025 0000 3155": "asks for 3-D Secure",
    "4000 0000 0000 0002": "is declined",
    "4000 0000 0000 9995": "has insufficient funds",
}
# Every other event goes where the bookings go when it has no address of its own.
ALWAYS_OWN_ADDRESS = {"SIGNUP", "BOOKING", "CANCELLATION", "MESSAGE"}

Say = Callable[[str], None]
Environment = dict[str, str]


def main() -> int:
    stop_by_signal()
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - begun:5.1f} s] {text}", flush=True)  # noqa: T201

    try:
        with no_descendants_left(), ExitStack() as stack:
            try:
                _serve(stack, int(os.environ.get("PORT") or 8000), say)
            except KeyboardInterrupt:
                say("Stopping")
    except CannotStart as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        return 1
    say("Stopped. The data are kept in " + str(VAR / "demo"))
    return 0


def _serve(stack: ExitStack, port: int, say: Say) -> None:
    """Start everything on `stack`, in order, say where it is, and wait until it ends."""
    if not _is_free(port):
        raise CannotStart(
            f"Port {port} is in use: stop what runs there, or take another, as in make demo PORT={port + 1}."
        )
    folder = VAR / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (VAR / "static").mkdir(exist_ok=True)  # nothing is collected, but WhiteNoise warns when it isn't there
    site = f"http://{HOST}:{port}"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.demo",
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "HOST": HOST,
        "PORT": str(port),
        "SITE_URL": site,
    }
    say("Starting PostgreSQL and Redis")
    env |= stack.enter_context(embedded_services(folder, say=say))
    say("Bringing the database up to date (the first time takes a while)")
    _step("migrate", folder, env)
    say("Loading the demo content")
    _step("load_demo", folder, env)
    if env.get("STRIPE_SECRET_KEY"):
        say("Using Stripe with the keys of the environment")
    else:
        say("Starting the Stripe sandbox")
        env |= _sandbox(stack, folder, site, env)
    say("Starting web, worker and schedule")
    honcho = [str(BIN / "honcho"), "--env", os.devnull, "start", "--port", str(port), "-f", "Procfile"]
    processes = stack.enter_context(running(honcho, output=None, env=env, cwd=ROOT))
    _wait_until_ready(site, processes)
    say("Ready")
    print(_welcome(site, env), flush=True)  # noqa: T201
    processes.wait()
    raise CannotStart("One of the site's processes ended, so all were stopped: its last words are above.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server would: a connection that is only being closed doesn't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _step(name: str, folder: Path, env: Environment) -> None:
    """Run a management command to its end; what it says goes into a file of its name."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", name],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
    if ended.returncode:
        words = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CannotStart(f"manage.py {name} failed: {words[-1]} (all of it is in {log})")


def _sandbox(stack: ExitStack, folder: Path, site: str, env: Environment) -> Environment:
    """Start the sandbox, and give the variables that lead the site to it."""
    port = _free_port()
    address = f"http://{HOST}:{port}"
    webhook_secret = _secret()
    variables = {
        "STRIPE_SECRET_KEY": "sk_test_sandbox" + secrets.token_hex(12),
        "STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox" + secrets.token_hex(12),
        "STRIPE_WEBHOOK_SECRET": webhook_secret,
        "STRIPE_API_BASE": address,
        "STRIPE_JS_URL": f"{address}/v3/stripe.js",
        "MAKE_WEBHOOK_SECRET": env.get("MAKE_WEBHOOK_SECRET") or _secret(),
    }
    for name, url in MAKE_WEBHOOK_URLS.items():
        if not url and (name in ALWAYS_OWN_ADDRESS or not MAKE_WEBHOOK_URLS["BOOKING"]):
            variables[f"MAKE_{name}_WEBHOOK_URL"] = f"{address}/recepteur/{name.lower()}"
    command = [sys.executable, "-m", "payments.sandbox", "--port", str(port)]
    command += ["--webhook-url", f"{site}/stripe/webhook/", "--webhook-secret", webhook_secret]
    command += ["--make-secret", variables["MAKE_WEBHOOK_SECRET"], "--state", str(folder / "sandbox.state")]
    output = stack.enter_context((folder / "sandbox.log").open("wb"))
    process = stack.enter_context(running(command, output=output, env=env, cwd=ROOT))
    _wait_for(lambda: not _is_free(port), process, f"the Stripe sandbox (see {output.name})")
    return variables


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _wait_until_ready(site: str, processes: subprocess.Popen[bytes]) -> None:
    def ready() -> bool:
        try:
            return httpx.get(f"{site}/pret", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    _wait_for(ready, processes, "the site (its last words are above)")


def _wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], name: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        if process.poll() is not None:
            raise CannotStart(f"It ended while starting: {name}.")
        if time.monotonic() > deadline:
            raise CannotStart(f"It did not answer within {READY_SECONDS} s: {name}.")
        time.sleep(0.1)


def _welcome(site: str, env: Environment) -> str:
    lines = ["", f"  Fanal is at {site}", f"  Log in at {site}/connexion/ with the password {PASSWORD}:"]
    lines += [f"    {role:<14} {email}" for role, email in ACCOUNTS.items()]
    lines += [f"  Editors and administrators work at {site}/admin/"]
    if env["STRIPE_SECRET_KEY"].startswith("sk_test_sandbox"):
        lines += ["  Test cards, with any future date and any code:"]
        lines += [f"    {number}  {what}" for number, what in CARDS.items()]
        lines += [f"  Webhooks sent to nobody else can be read at {env['STRIPE_API_BASE']}/recepteur/"]
    lines += [
        f"  E-mails are files in {VAR / 'mail'}: .html for a browser, .eml for a mail program",
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
