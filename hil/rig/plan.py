"""A rig file whose drivers' options have been checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydantic

from drivers.errors import ConfigError
from drivers.protocol import DriverKind
from hil.errors import HilError, InputError, SafetyError
from hil.rig.calls.foreign_errors import in_words
from hil.rig.calls.process_state import process_kept_while_loading
from hil.rig.driver_kinds import UnknownKind, driver_kind
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
        for found in _checked(file):
            if isinstance(found, InputError):
                raise found
            self.kinds.append(found)
        if problem := _held_twice(file.path, self.kinds):
            raise problem

    @staticmethod
    def driver_by_driver(file: RigFile) -> Iterator[tuple[DriverKind, Any] | InputError]:
        """Give of each driver its kind and checked options, or what is wrong with it."""
        for i, driver in enumerate(file.spec.driver):
            try:
                yield _kind(file.path, i, driver)
            except InputError as error:
                yield error

    @staticmethod
    def problems(file: RigFile) -> list[InputError]:
        """List all that keeps a rig file from being a plan; empty where it is one."""
        found = list(_checked(file))
        problems = [one for one in found if isinstance(one, InputError)]
        if not problems:
            twice = _held_twice(
                file.path, [one for one in found if not isinstance(one, InputError)]
            )
            problems += [twice] if twice else []
        return problems

    def resources(self) -> tuple[str, ...]:
        """Names of the hardware that only one process may hold."""
        path = self.file.path
        names = [name for i, one in enumerate(self.kinds) for name in _resources(path, i, *one)]
        return tuple(dict.fromkeys(names))


def _held_twice(path: Path, kinds: Sequence[tuple[DriverKind, Any]]) -> InputError | None:
    """Say that two drivers would reach for the same hardware; None where none do."""
    first: dict[str, int] = {}
    for i, (kind, options) in enumerate(kinds):
        for name in _resources(path, i, kind, options):
            if first.setdefault(name, i) != i:
                problem = f"{name} is driver.{first[name]}'s already, allowed: one driver for it"
                return InputError(path, f"driver.{i}", problem)
    return None


def _checked(file: RigFile) -> Iterator[tuple[DriverKind, Any] | InputError]:
    """Give driver by driver what it is, or what is wrong; then what is wrong with matrices."""
    yield from Plan.driver_by_driver(file)
    try:
        check_matrices(file.spec, file.path.parent)
    except SafetyError as error:
        yield InputError(file.path, error.key, str(error))


def _resources(path: Path, index: int, kind: DriverKind, options: Any) -> tuple[str, ...]:
    with _told(path, f"driver.{index}"):
        return tuple(kind.resources(options))


@contextmanager
def _told(path: Path, key: str) -> Iterator[None]:
    """Say in one line whatever a driver's library raises, a missing part of it or `sys.exit`."""
    try:
        yield
    except (ConfigError, pydantic.ValidationError, HilError, UnknownKind, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise InputError(path, key, f"the driver cannot be used: {in_words(error)}") from error


def _kind(path: Path, index: int, driver: DriverSpec) -> tuple[DriverKind, Any]:
    key = f"driver.{index}"
    try:
        with _told(path, f"{key}.kind"), process_kept_while_loading():
            kind = driver_kind(driver.kind)
    except UnknownKind as error:
        raise InputError(path, f"{key}.kind", str(error.args[0])) from None
    try:
        with _told(path, key), process_kept_while_loading():
            return kind, kind.options(driver.options, path.parent)
    except ConfigError as error:
        raise InputError(path, f"{key}.{error.key}".rstrip("."), error.problem) from None
    except pydantic.ValidationError as error:
        raise input_error(error, path, driver.options, prefix=key) from None
