"""The kind ``"replay"``: `drivers.replay` over the sessions of a database."""

from __future__ import annotations

from pathlib import Path

from drivers.errors import ConfigError
from drivers.replay.kind import ReplayKind, ReplayOptions
from drivers.replay.recording import Recording
from hil.errors import InputError
from hil.replay.files import recording_of_files, settings_of
from hil.replay.recording import recording_of
from hil.store import open_database


def _find(options: ReplayOptions) -> Recording:
    if options.files:
        return _of_files(options)
    if options.session == "last":
        raise ConfigError("session", "'last' is another one tomorrow, allowed: an id")
    frames = None if options.frames is None else Path(options.frames)
    try:
        database = open_database(options.database, frames=frames)
    except InputError as error:
        raise ConfigError("database", str(error)) from None
    try:
        return recording_of(database, options.session)
    except InputError as error:
        database.close()
        raise ConfigError("session", f"{options.session!r}: {error.problem}") from None
    except BaseException:
        database.close()
        raise


def _of_files(options: ReplayOptions) -> Recording:
    try:
        files = [Path(file) for file in options.files]
        written = None if options.table is None else Path(options.table)
        table, axes = settings_of(files, written, options.pattern)
        return recording_of_files(files, table, options.axes or axes)
    except InputError as error:
        raise ConfigError("files", str(error)) from None


KIND = ReplayKind(_find)
