"""Computers that would sleep or restart in mid-session, of three systems, by what these print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from drivers.listing.system import Ask
from hil.cli.upkeep.awake import restart, sleep

# As `powercfg /query` prints it in German.
POWERCFG = """
    GUID der Energieeinstellung: 29f6c1db-86da-48c5-9fdb-f2b67b1f44da  (Deaktivierung nach)
      Minimale mögliche Einstellung: 0x00000000
      Maximale mögliche Einstellung: 0xffffffff
    Index der aktuellen Wechselstromeinstellung: 0x{mains:08x}
    Index der aktuellen Gleichstromeinstellung: 0x00000384
"""
PMSET = """Battery Power:
 sleep                1
AC Power:
 displaysleep         10
 sleep                {minutes}
"""


def answers(**by_word: str) -> Ask:
    """Answer what a command says that holds the word, nothing to others."""

    def ask(command: Sequence[str]) -> str:
        line = " ".join(command)
        return next((said for word, said in by_word.items() if word in line), "")

    return ask


def test_windows() -> None:
    never, half_hour = POWERCFG.format(mains=0), POWERCFG.format(mains=1800)
    assert sleep("win32", answers(IDLE=never)) == "never while plugged in"
    said = sleep("win32", answers(STANDBYIDLE=half_hour, HIBERNATEIDLE=never))
    assert said.startswith("NOT FIT: sleeps after 30 min")
    assert said.endswith("powercfg /change standby-timeout-ac 0")
    both = sleep("win32", answers(IDLE=half_hour))
    assert "hibernate-timeout-ac 0" in both and "standby-timeout-ac 0" in both
    assert sleep("win32", answers()).startswith("not known")


def test_mac() -> None:
    assert sleep("darwin", answers(pmset=PMSET.format(minutes=0))) == "never while plugged in"
    said = sleep("darwin", answers(pmset=PMSET.format(minutes=15)))
    assert said.startswith("NOT FIT: sleeps after 15 min") and "caffeinate" in said
    assert sleep("darwin", answers()).startswith("not known")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sys/power").mkdir(parents=True)
    (tmp_path / "sys/power/state").write_text("freeze mem disk\n", encoding="utf-8")
    return tmp_path


def test_linux(root: Path) -> None:
    desktop = {"type": "'suspend'\n", "timeout": "1200\n"}
    said = sleep("linux", answers(**desktop), root)
    assert said.startswith("NOT FIT: sleeps after 20 min") and "systemd-inhibit" in said
    for off in ({"type": "'nothing'\n"}, {"timeout": "0\n"}):
        assert sleep("linux", answers(**{**desktop, **off}), root).startswith("never")
    masked = answers(**desktop, LoadState="LoadState=masked\n")
    assert sleep("linux", masked, root) == "never: sleep.target is masked"
    assert sleep("linux", answers(), root).startswith("not known")
    (root / "sys/power/state").write_text("\n", encoding="utf-8")
    assert sleep("linux", answers(**desktop), root) == "never: this computer cannot"


def test_linux_without_a_desktop(root: Path) -> None:
    folder = root / "etc/systemd/logind.conf.d"
    folder.mkdir(parents=True)
    (root / "etc/systemd/logind.conf").write_text(
        "#IdleAction=suspend\nIdleAction=ignore\n", encoding="utf-8"
    )
    assert sleep("linux", answers(), root).startswith("not known of a desktop")
    (folder / "lab.conf").write_text("[Login]\nIdleAction=hibernate\n", encoding="utf-8")
    assert sleep("linux", answers(), root).startswith("NOT FIT: it does hibernate")


def test_restart_of_windows() -> None:
    there = {"Windows": "HKEY_LOCAL_MACHINE\\SOFTWARE"}
    pending = answers(RebootRequired="HKEY_LOCAL_MACHINE\\...", **there)
    assert restart("win32", pending).startswith("NOT FIT: Windows waits to restart")
    none = answers(RebootRequired="", RebootPending="", **there)
    assert restart("win32", none).startswith("none pending")
    assert restart("win32", answers()).startswith("not known")


def test_restart_of_linux(root: Path) -> None:
    assert restart("linux", answers(), root) == "none pending"
    (root / "run").mkdir()
    (root / "run/reboot-required").touch()
    assert (
        restart("linux", answers(), root) == "updates wait for a restart: restart before the night"
    )
    folder = root / "etc/apt/apt.conf.d"
    folder.mkdir(parents=True)
    (folder / "50unattended-upgrades").write_text(
        '//Unattended-Upgrade::Automatic-Reboot "true";\n', encoding="utf-8"
    )
    assert "by itself" not in restart("linux", answers(), root)
    (folder / "51lab").write_text(
        'Unattended-Upgrade::Automatic-Reboot "true";\n', encoding="utf-8"
    )
    assert "NOT FIT, this computer restarts by itself" in restart("linux", answers(), root)
    assert restart("darwin", answers()).startswith("not known")
