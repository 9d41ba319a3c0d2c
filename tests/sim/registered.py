"""The simulated rigs that are registered, and the forms in which they come: those of the examples."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from hil.rig.driver_kinds import BUILT_IN, driver_kind
from sim.parts.rig import SimulatedKind

ROOT = Path(__file__).parents[2]
NAMES = tuple(name for name in BUILT_IN if name.startswith("sim."))


class Form(NamedTuple):
    """A rig as an example has it."""

    name: str
    """Folder of the example, and name of the page in ``docs/rigs``."""
    registered: str
    options: dict[str, Any]

    @property
    def kind(self) -> SimulatedKind[Any]:
        kind = driver_kind(self.registered)
        assert isinstance(kind, SimulatedKind)
        return kind

    @property
    def main(self) -> str:
        """The form whose page describes the kind."""
        return self.registered.rpartition(".")[2]


def _forms() -> list[Form]:
    forms = []
    for path in sorted(ROOT.glob("examples/*/rig.toml")):
        (driver, *_) = tomllib.loads(path.read_text(encoding="utf-8"))["driver"]
        if driver["kind"] in NAMES and (path.parent / "session.toml").is_file():
            options = {key: value for key, value in driver.items() if key != "kind"}
            forms.append(Form(path.parent.name, driver["kind"], options))
    return forms


FORMS = _forms()
