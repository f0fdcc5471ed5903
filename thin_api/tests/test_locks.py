"""The lock files answer to pyproject.toml: nothing missing or left over, every pin in range."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from thin_api import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
GROUPS: dict[str, list[str | dict[str, str]]] = PROJECT["dependency-groups"]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """A lock file: pins by name, and which of them pyproject.toml asks for itself."""

    pins: dict[str, str]
    direct: set[str]


def read_lock(name: str) -> Lock:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins, direct = {}, set()
    for block in re.split(r"\n(?=[a-z0-9])", text):
        if found := PIN.match(block):
            assert "--hash=sha256:" in block, f"{found['name']} has no hash"
            pins[found["name"]] = found["version"]
            if "hookledger (pyproject.toml" in block:
                direct.add(found["name"])
    return Lock(pins, direct)


def name_of(line: str) -> str:
    return canonicalize_name(Requirement(line).name)


def wanted(group: str) -> dict[str, Requirement]:
    found: dict[str, Requirement] = {}
    for line in [*RUNTIME, *(entry for entry in GROUPS[group] if isinstance(entry, str))]:
        requirement = Requirement(line)
        found[canonicalize_name(requirement.name)] = requirement
    for entry in GROUPS[group]:
        if isinstance(entry, dict):
            found |= wanted(entry["include-group"])
    return found


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("requirements.lock", "build"),
        ("requirements-dev.lock", "dev"),
        ("requirements-load.lock", "load"),
    ],
)
def test_lock_is_fresh(name: str, group: str) -> None:
    lock, requirements = read_lock(name), wanted(group)
    assert lock.direct == set(requirements), "run `make lock`"
    for package, requirement in requirements.items():
        assert requirement.specifier.contains(lock.pins[package]), f"{requirement}: run `make lock`"


def test_the_locks_agree() -> None:
    runtime, dev = read_lock("requirements.lock"), read_lock("requirements-dev.lock")
    load = read_lock("requirements-load.lock")
    built = read_lock("requirements.lock").direct - set(map(name_of, RUNTIME))
    assert runtime.pins.items() <= dev.pins.items(), "run `make lock`"
    for name in load.pins.keys() & dev.pins.keys():
        assert load.pins[name] == dev.pins[name], f"{name}: run `make lock`"
    assert runtime.pins.keys() - load.pins.keys() == built, "run `make lock`"


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "requirements-load.lock"]
)
def test_no_registry_is_named(name: str) -> None:
    assert not re.search(r"https?://|index-url|find-links", (ROOT / name).read_text("utf-8"))


def test_every_dependency_is_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    assert {canonicalize_name(name) for name in explained} == set(wanted("dev")) | set(
        wanted("load")
    )
