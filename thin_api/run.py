"""`hookledger run`: the whole system on one machine, supervised."""

import errno
import os
import shlex
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console

from thin_api import database, osuser
from thin_api.demo import Demo, base_url, ensure_demo
from thin_api.embedded import Server
from thin_api.migrate import migrate
from thin_api.serve import ADDRESS_IN_USE
from thin_api.settings import ConfigurationError, Settings
from thin_api.supervisor import Child, Stopper, python_module, supervise

# The providers whose API has to confirm a webhook, and the setting that says where it is.
ASKED = {"PayPal": "paypal_api_url", "Toss": "toss_api_url"}


def run(settings: Settings, console: Console) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises ConfigurationError when something is missing."""
    check_port(settings)
    server = database.embedded_server(settings)
    played = {who: name for who, name in ASKED.items() if name not in settings.model_fields_set}
    with server or nullcontext(), stand_in(played) as (children, urls):
        report = migrate(settings)
        if report.revisions or report.applied:
            console.print(
                f"migrated: {len(report.revisions)} revisions, {len(report.applied)} SQL files"
            )
        demo = ensure_demo(settings)
        in_use = f"the port {settings.port} was taken by another program (HOOKLEDGER_PORT)"
        shim = Child(
            "shim",
            python_module("thin_api.serve"),
            environment={**os.environ, **{variable(name): url for name, url in urls.items()}},
            hopeless={ADDRESS_IN_USE: in_use},
        )
        worker = Child("worker", python_module("thin_api.worker"))
        stopper = Stopper()
        supervise(
            [*children, shim, worker],
            stopper=stopper,
            before=lambda: _keep_database(server),
            when_started=lambda: _announce(settings, demo, played, stopper, console),
        )
    console.print("stopped")


def variable(setting: str) -> str:
    """Return the environment variable of a setting."""
    return f"HOOKLEDGER_{setting.upper()}"


@contextmanager
def stand_in(played: Mapping[str, str]) -> Iterator[tuple[list[Child], dict[str, str]]]:
    """Yield the process that plays these APIs, if any, and the settings that lead a shim to it.

    played: of ASKED, those whose API the user did not name. The socket is opened here, so that its
    port stays ours while the process is started again.
    """
    if not played:
        yield [], {}
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [*python_module("thin_api.standin"), str(listener.fileno())]
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        child = Child("stand-in", command, descriptors=[listener.fileno()])
        yield [child], dict.fromkeys(played.values(), url)


def check_port(settings: Settings) -> None:
    """Raise ConfigurationError when the shim could not listen: better now than after a minute."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        with socket.create_server(address[:2], family=family):
            pass
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"port {settings.port} on {settings.host} is taken by another program "
                f"(is Hookledger running already?): choose another, HOOKLEDGER_PORT=8001"
            ) from None
        raise ConfigurationError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from None


def _keep_database(server: Server | None) -> None:
    """Start the embedded server again when it died; what cannot be mended now is tried again."""
    if server is None:
        return
    try:
        if server.restart_if_down():
            osuser.say("PostgreSQL was gone and has been started again")
    except (ConfigurationError, OSError) as error:  # the latter: the disk is full
        osuser.say(f"PostgreSQL is gone: {error}")
        time.sleep(1.0)


def _announce(
    settings: Settings, demo: Demo, played: Mapping[str, str], stopper: Stopper, console: Console
) -> None:
    """Wait until the shim answers, then say where it is and what to try."""
    deadline = time.monotonic() + settings.startup_timeout_seconds
    while not is_ready(base_url(settings)):
        if stopper.asked.wait(0.1) or time.monotonic() > deadline:
            return  # what went wrong is on stderr already
    command = own_command(settings)
    lines = [f"Hookledger listens on {base_url(settings)}. Ctrl-C stops everything.", ""]
    for provider in sorted(demo.endpoints):
        lines += [f"{provider}: {demo.url(provider)}", f"  {command} send {provider}", ""]
    if played:
        apis = " and ".join(f"{provider}'s" for provider in played)
        variables = ", ".join(map(variable, played.values()))
        lines += [f"A stand-in plays {apis} API: set {variables} for the real one.", ""]
    look = f"set app.current_tenant_id = '{demo.tenant_id}'"
    query = "select provider, event_type, kind, object_id, amount_minor, currency from api.events"
    lines += [
        "What the database made of them (a DBA sees one tenant at a time):",
        f'  {command} psql dba -c "{look}" -c "{query}"',
    ]
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def is_ready(url: str) -> bool:
    """Say whether the shim at a base address answers that it is ready."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def own_command(settings: Settings) -> str:
    """Return how to type this program again, in this directory, for the same database."""
    path = Path(sys.executable).with_name("hookledger")
    try:
        shown = str(path.relative_to(Path.cwd()))
    except ValueError:
        shown = str(path)
    setting = "" if settings.data_dir == Path(".hookledger") else _data_dir(settings)
    return setting + shlex.quote(shown)


def _data_dir(settings: Settings) -> str:
    return f"HOOKLEDGER_DATA_DIR={shlex.quote(os.fspath(settings.data_dir))} "
