"""What the manuals say about files, variables and each other is true."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from thin_api import ROOT
from thin_api.problems import PROBLEMS
from thin_api.settings import Settings
from thin_api.verify import load_providers

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "sql/*.md")
    for path in ROOT.glob(pattern)
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker" / "compose.yml").read_text(encoding="utf-8")
VARIABLES = {
    "DATABASE_URL" if name == "database_url" else f"HOOKLEDGER_{name.upper()}": field
    for name, field in Settings.model_fields.items()
}


def section(title: str) -> str:
    """One chapter of the README."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def anchors(page: str) -> set[str]:
    """The link targets GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_configuration_table_lists_every_setting_with_its_default() -> None:
    """No variable is missing, made up, or documented with another default."""
    rows = re.findall(r"^\| `([A-Z_]+)`(?: °)? \| (.+?) \|", section("Configuration"), re.MULTILINE)
    assert [name for name, _ in rows] == list(dict.fromkeys(name for name, _ in rows))
    assert {name for name, _ in rows} == VARIABLES.keys()
    for name, documented in rows:
        default = VARIABLES[name].default
        assert default is not PydanticUndefined
        if isinstance(default, tuple):
            default = ", ".join(default)
        if default is not None:
            assert documented.strip("`") == str(default).lower(), name


def test_compose_sets_only_variables_that_exist() -> None:
    """A misspelt variable would be ignored without a word."""
    named = set(re.findall(r"^ +((?:HOOKLEDGER|DATABASE)_[A-Z_]+):", COMPOSE, re.MULTILINE))
    assert "DATABASE_URL" in named
    assert named <= VARIABLES.keys()


def test_compose_publishes_nothing_but_the_shim_on_loopback() -> None:
    """And holds no password."""
    assert re.findall(r'^ +- "([0-9.:]+)"$', COMPOSE, re.MULTILINE) == ["127.0.0.1:8000:8000"]
    assert not re.search(r"PASSWORD: (?!file:/run/secrets/)", COMPOSE)


def test_every_provider_has_its_row() -> None:
    """The README tells a sender's integrator about each of them."""
    for provider in load_providers():
        assert f"\n| `{provider}` | " in section("For whoever sends webhooks")


def test_every_problem_is_listed_with_its_status() -> None:
    """The table under "Errors"."""
    rows = re.findall(
        r"^\| (`.+) \| (\d{3}) \|$", section("For whoever sends webhooks"), re.MULTILINE
    )
    listed = {
        code: int(status) for codes, status in rows for code in re.findall("`([a-z_]+)`", codes)
    }
    assert listed == {code: status for code, (status, _) in PROBLEMS.items()}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Files exist, and so do the headings that are linked to."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(Path(path).read_text(encoding="utf-8")), target
