"""Whether this computer would fall asleep at night, or restart for updates; nothing is changed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from drivers.listing.system import Ask, answer_of

_HEX = re.compile(r"0x[0-9a-fA-F]+")
_GNOME = ("gsettings", "get", "org.gnome.settings-daemon.plugins.power")
_POWERCFG = ("powercfg", "/query", "SCHEME_CURRENT", "SUB_SLEEP")
_INHIBIT = "systemd-inhibit --what=sleep:idle hil run SESSION.toml"
_PENDING = (
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
)
_BY_ITSELF = re.compile(r'^\s*Unattended-Upgrade::Automatic-Reboot\s+"true"', re.MULTILINE)


def sleep(platform: str = sys.platform, ask: Ask = answer_of, root: Path = Path("/")) -> str:
    """Say after which time without a person the computer sleeps, while on mains.

    Parameters
    ----------
    platform
        As `sys.platform`.
    ask
        Runs a program of the system.
    root
        Of the files of the system.
    """
    if platform == "win32":
        return _of_windows(ask)
    if platform == "darwin":
        return _of_mac(ask)
    if platform == "linux":
        return _of_linux(ask, root)
    return "not known of this system: look at its power settings"


def restart(platform: str = sys.platform, ask: Ask = answer_of, root: Path = Path("/")) -> str:
    """Say whether updates wait for a restart; parameters as for `sleep`."""
    if platform == "win32":
        if any(ask(("reg", "query", key)).strip() for key in _PENDING):
            return "NOT FIT: Windows waits to restart for updates: restart now, before the night"
        if not ask(("reg", "query", r"HKLM\SOFTWARE\Microsoft\Windows")).strip():
            return "not known: look at Windows Update"
        return "none pending; pause Windows Update for the night all the same"
    if platform != "linux":
        return "not known of this system: look at its updates"
    if (root / "var/run/reboot-required").exists() or (root / "run/reboot-required").exists():
        said = "updates wait for a restart"
        return f"{said}: restart before the night" if not _restarts(root) else _by_itself(said)
    return _by_itself("none pending") if _restarts(root) else "none pending"


def _by_itself(said: str) -> str:
    why = "NOT FIT, this computer restarts by itself after updates"
    return f'{said}: {why}: Automatic-Reboot "false" in /etc/apt/apt.conf.d for the night'


def _restarts(root: Path) -> bool:
    folder = root / "etc/apt/apt.conf.d"
    return any(_BY_ITSELF.search(text) for text in _texts(folder.glob("*")))


def _texts(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        try:
            yield path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue


def _of_windows(ask: Ask) -> str:
    told = []
    for setting, words, change in (
        ("STANDBYIDLE", "sleeps", "standby-timeout-ac"),
        ("HIBERNATEIDLE", "hibernates", "hibernate-timeout-ac"),
    ):
        # Its words are in the system's language; the last two numbers are mains and battery.
        values = _HEX.findall(ask((*_POWERCFG, setting)))
        if len(values) < 2:
            return "not known: look at the power settings, and let it never sleep while plugged in"
        seconds = int(values[-2], 16)
        if seconds:
            told.append(_asleep(words, seconds, f"powercfg /change {change} 0"))
    return "; ".join(told) or "never while plugged in"


def _of_mac(ask: Ask) -> str:
    found = re.search(r"^\s*sleep\s+(\d+)", ask(("pmset", "-g", "custom")), re.MULTILINE)
    on_mains = re.search(
        r"AC Power:.*?^\s*sleep\s+(\d+)", ask(("pmset", "-g", "custom")), re.MULTILINE | re.DOTALL
    )
    found = on_mains or found
    if found is None:
        return "not known: look at the energy settings"
    minutes = int(found[1])
    if minutes:
        return _asleep("sleeps", 60 * minutes, "start with `caffeinate -is hil run SESSION.toml`")
    return "never while plugged in"


def _of_linux(ask: Ask, root: Path) -> str:
    try:
        states = (root / "sys/power/state").read_text(encoding="utf-8").split()
    except OSError:
        states = None
    if states == []:
        return "never: this computer cannot"
    if (
        ask(("systemctl", "show", "--property=LoadState", "sleep.target"))
        .strip()
        .endswith("masked")
    ):
        return "never: sleep.target is masked"
    kind = ask((*_GNOME, "sleep-inactive-ac-type")).strip().strip("'")
    seconds = ask((*_GNOME, "sleep-inactive-ac-timeout")).strip()
    if kind and seconds.lstrip("-").isdigit():
        if kind != "nothing" and int(seconds) > 0:
            return _asleep("sleeps", int(seconds), _INHIBIT)
        return "never while plugged in, by the desktop's settings"
    text = "\n".join(_texts(_logind(root)))
    idle = re.findall(r"^\s*IdleAction\s*=\s*([\w-]+)", text, re.MULTILINE)
    if idle and idle[-1] not in ("ignore", "lock"):
        return f"NOT FIT: it does {idle[-1]} when nobody is there (logind.conf): {_INHIBIT}"
    return f"not known of a desktop here, logind does nothing: where it is a laptop, {_INHIBIT}"


def _logind(root: Path) -> list[Path]:
    etc = root / "etc/systemd"
    return [etc / "logind.conf", *sorted((etc / "logind.conf.d").glob("*.conf"))]


def _asleep(words: str, seconds: int, how: str) -> str:
    return f"NOT FIT: {words} after {seconds / 60:g} min without a person, in mid-session: {how}"
