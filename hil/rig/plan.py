"""A rig file whose drivers' options have been checked."""

from __future__ import annotations

from typing import Any

import pydantic

from drivers.errors import ConfigError
from drivers.protocol import DriverKind
from hil.errors import InputError, SafetyError
from hil.rig.driver_kinds import driver_kind
from hil.rig.moves.build import check_matrices
from hil.spec import DriverSpec, RigFile
from hil.spec.load import input_error


class Plan:
    """A rig file whose drivers' options have been checked; nothing is connected.

    Parameters
    ----------
    file
        The rig file.

    Raises
    ------
    InputError
        A kind is unknown, an option is wrong, or the matrix of a limit cannot be read.
    """

    def __init__(self, file: RigFile) -> None:
        self.file = file
        self.kinds: list[tuple[DriverKind, Any]] = []
        for i, driver in enumerate(file.spec.driver):
            self.kinds.append(self._checked(i, driver))
        try:
            check_matrices(file.spec, file.path.parent)
        except SafetyError as error:
            raise InputError(file.path, error.key, str(error)) from None

    def _checked(self, index: int, driver: DriverSpec) -> tuple[DriverKind, Any]:
        key = f"driver.{index}"
        path = self.file.path
        try:
            kind = driver_kind(driver.kind)
        except KeyError as error:
            raise InputError(path, f"{key}.kind", str(error.args[0])) from None
        try:
            return kind, kind.options(driver.options, path.parent)
        except ConfigError as error:
            raise InputError(path, f"{key}.{error.key}".rstrip("."), error.problem) from None
        except pydantic.ValidationError as error:
            raise input_error(error, path, driver.options, prefix=key) from None

    def resources(self) -> tuple[str, ...]:
        """Names of the hardware that only one process may hold."""
        return tuple(name for kind, options in self.kinds for name in kind.resources(options))
