"""The ``[[driver]]`` table of kind ``"visa"``, its instrument there or in a file of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from drivers.errors import ConfigError
from drivers.given import given_text
from drivers.single import SingleConnection
from drivers.visa.instrument import Instrument
from drivers.visa.link import VisaLink, import_pyvisa
from drivers.visa.phrases import Phrases
from drivers.visa.tables import InstrumentTable


@dataclass(frozen=True, slots=True)
class CheckedInstrument:
    """A table that is complete, and the language of its settings."""

    table: InstrumentTable
    phrases: tuple[Phrases, ...]


class VisaKind:
    """How an instrument is opened.

    Attributes
    ----------
    imports
        What `open` imports.
    """

    imports = ("drivers.visa.instrument",)

    def options(self, table: Mapping[str, Any], folder: Path) -> CheckedInstrument:
        """Check a ``[[driver]]`` table, and the file that it names as ``table``.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        own = dict(table)
        name = own.pop("table", None)
        if name is None:
            checked = InstrumentTable.model_validate(own)
        else:
            checked = _from_file(folder, name, own)
        library = checked.library
        if library.endswith("@sim") and library != "@sim":
            path = (folder / library.removesuffix("@sim")).resolve()
            if not path.is_file():
                raise ConfigError("library", f"no file {library.removesuffix('@sim')!r}")
            checked = checked.model_copy(update={"library": f"{path}@sim"})
        phrases = tuple(
            Phrases(checked.label, setting, f"settings.{i}")
            for i, setting in enumerate(checked.settings)
        )
        import_pyvisa(checked.library)
        return CheckedInstrument(checked, phrases)

    def resources(self, options: CheckedInstrument) -> tuple[str, ...]:
        """Name the line, a serial port as Micro-Manager's configurations do."""
        if options.table.library.endswith("@sim"):
            return ()
        name = options.table.resource.strip()
        port = name.partition("::")[0]
        if port.upper().startswith("ASRL"):
            port = port[4:]
            return (f"serial:COM{port}" if port.isdigit() else f"serial:{port}",)
        return (f"visa:{name.upper()}",)

    def open(self, options: CheckedInstrument) -> SingleConnection:
        """Connect, ask the instrument who it is, and send what `begin` says; else sets nothing.

        Raises
        ------
        DriverError
        """
        link = VisaLink(options.table)
        try:
            instrument = Instrument(options.table, options.phrases, link)
        except BaseException:
            link.close()
            raise
        library = options.table.library
        return SingleConnection(
            instrument, lambda: {"pyvisa": str(import_pyvisa(library).__version__)}, link.close
        )


def _from_file(folder: Path, name: object, own: dict[str, Any]) -> InstrumentTable:
    """Read an instrument's file; what the rig file says goes before what it says."""
    if not isinstance(name, str):
        raise ConfigError("table", f"{name!r}, allowed: a .toml file beside the rig file")
    path = folder / Path(name).expanduser()
    try:
        read = tomllib.loads(given_text(path))
    except OSError as error:
        raise ConfigError("table", f"{name!r} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError("table", f"{name!r}: {error}") from None
    try:
        return InstrumentTable.model_validate({**read, **own})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise ConfigError("table", f"{name!r}, {key}: {message}".replace(", :", ":")) from None


KIND = VisaKind()
