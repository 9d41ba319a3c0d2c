"""The files of a session that is gone on with: as they were stored, and as they lie here now.

The database says what was run. It does not say what may be opened or moved on this machine: that
does the rig file that lies here, and where they differ a person is asked, or the work is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import InputError
from hil.spec import RigFile, RigSpec, SessionFile, SessionSpec, load_rig_file
from hil.spec.load import check_against_rig, parse
from hil.spec.stricter import devices_differ, stricter

if TYPE_CHECKING:
    from hil.store import SessionRecord

# Asks a person a question; whether the answer was yes.
Confirm = Callable[[str], bool]
_CHOOSES = "`--rig RIG.toml` chooses"


def nobody(question: str) -> bool:
    """Answer where there is nobody to ask."""
    return False


def say_nothing(line: str) -> None:
    """Keep it to oneself."""


def check_on_a_rig(record: SessionRecord) -> None:
    """Refuse a session that no rig has run: a study's, which renders its scenes by itself.

    Raises
    ------
    InputError
    """
    if record.extra.get("kind") == "study":
        domain = record.kept("domain")
        raise InputError(
            "SESSION", record.id[:8], f"is a study, of no rig: `hil study {domain}` goes on with it"
        )


def stored_file(
    record: SessionRecord,
    rig: str | Path | None,
    *,
    say: Callable[[str], None] = say_nothing,
    confirm: Confirm = nobody,
) -> SessionFile:
    """Build the files of a session from what the database kept of them.

    Of the limits in the stored rig file, and in the one that lies in its place now, the stricter
    hold.

    Parameters
    ----------
    record
        The session.
    rig
        A rig file that a person chooses; it holds as it is.
    say
        Called with a line for each difference.
    confirm
        Asked where the file in its place names other devices, or is gone.

    Raises
    ------
    InputError
        A file is wrong, or nobody could be asked and agree.
    """
    check_on_a_rig(record)
    path = Path(record.kept("session_path"))
    spec = parse(SessionSpec, record.session_text, path)
    rig_file = load_rig_file(rig) if rig is not None else _rig_file(record, say, confirm)
    check_against_rig(spec, rig_file.spec, path)
    return SessionFile(spec, record.session_text, path, rig_file)


def _rig_file(record: SessionRecord, say: Callable[[str], None], confirm: Confirm) -> RigFile:
    path = Path(record.kept("rig_path"))
    stored = RigFile(parse(RigSpec, record.rig_text, path), record.rig_text, path)
    if not path.is_file():
        problem = "the session's rig file is no longer there, so its devices are not opened"
        if not confirm(f"{path}: the session's rig file is gone. Open the devices it named?"):
            raise InputError(path, "", f"{problem}; {_CHOOSES}")
        return stored
    now = load_rig_file(path)
    if (found := devices_differ(stored.spec, now.spec)) is not None:
        key, told = found
        if not confirm(f"{path}: {key}: {told}. Go on with the devices of now?"):
            raise InputError(path, key, f"{told}, so nothing is opened; {_CHOOSES}")
        kept = {"name": now.spec.name, "camera": now.spec.camera, "driver": now.spec.driver}
        stored = RigFile(stored.spec.model_copy(update=kept), stored.text, path)
    if stored.spec == now.spec:
        return now
    merged, lines = stricter(stored, now)
    for line in lines:
        say(line)
    return merged
