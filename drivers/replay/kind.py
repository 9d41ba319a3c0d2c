"""The kind ``"replay"``: what a rig file says of a recording, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from drivers.errors import ConfigError
from drivers.replay.devices import RecordedRig
from drivers.replay.recording import Recording


class ReplayOptions(BaseModel):
    """What the ``[[driver]]`` table of a recording may say.

    Parameters
    ----------
    session
        Id, or a unique beginning of one: a rig file means the same session for ever.
    database
        A SQLite file beside the rig file, or a URL; without it the database of the environment.
    frames
        Folder of the frames, beside the rig file; without it the database's.
    nearest
        Settings that were never measured get the frames of the nearest that were, and are not
        refused.
    realtime
        Exposures take their time.
    files, table, pattern, axes
        Instead of a session: files of frames, the table of their settings or a pattern of their
        names (without both, settings are what the files say), and what their axes are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    session: str = ""
    files: list[str] = []
    table: str | None = None
    pattern: str | None = None
    axes: str | None = None
    database: str | None = None
    frames: str | None = None
    nearest: bool = False
    realtime: bool = False


class ReplayKind:
    """How a recording is opened; see `drivers.protocol.DriverKind`.

    Parameters
    ----------
    find
        Opens what the options name; raises `drivers.errors.ConfigError` with the key at fault.
    """

    def __init__(self, find: Callable[[ReplayOptions], Recording]) -> None:
        self._find = find

    def options(self, table: Mapping[str, Any], folder: Path) -> ReplayOptions:
        """Check a ``[[driver]]`` table, and that what it names can be replayed.

        Raises
        ------
        pydantic.ValidationError, drivers.errors.ConfigError
        """
        options = ReplayOptions.model_validate(dict(table))
        changes: dict[str, Any] = {}
        if options.database is not None and "://" not in options.database:
            file = (folder / options.database).absolute()
            changes["database"] = f"sqlite:///{file.as_posix()}"
        if bool(options.session) == bool(options.files):
            raise ConfigError("session", "give either a session, or files with a table")
        for key in ("table", "pattern"):
            if getattr(options, key) is not None and not options.files:
                raise ConfigError(key, "goes with files")
        if options.table is not None and options.pattern is not None:
            raise ConfigError("pattern", "give either a table of settings or a pattern of names")
        changes["files"] = [str((folder / file).absolute()) for file in options.files]
        if options.table is not None:
            changes["table"] = str((folder / options.table).absolute())
        if options.frames is not None:
            changes["frames"] = str((folder / options.frames).absolute())
        options = options.model_copy(update=changes)
        self._find(options).close()
        return options

    def resources(self, options: ReplayOptions) -> tuple[str, ...]:
        """Nothing that only one process may hold: a recording is read."""
        return ()

    def open(self, options: ReplayOptions) -> RecordedRig:
        """Open it.

        Raises
        ------
        DriverError
        """
        return RecordedRig(self._find(options), nearest=options.nearest, realtime=options.realtime)
