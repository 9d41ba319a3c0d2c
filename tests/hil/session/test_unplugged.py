"""A cable that is pulled: from one call on every call raises, also those that stop and close."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from drivers.protocol import Connection
from hil.errors import HilError
from hil.rig import driver_kinds
from sim.microscope import KIND as MICROSCOPE
from tests.hil.session.test_driver_faults import PLAIN
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

CALLS = ("describe", "start", "settle", "read", "capture", "stop", "cancel")


class Pulled:
    """A microscope whose cable is pulled at one of its calls."""

    imports = ()

    def __init__(self, at: int) -> None:
        self.at = at
        self.n_calls = 0

    def options(self, table: Mapping[str, Any], folder: Path) -> Any:
        small = {"seed": 1, "height_px": 64, "width_px": 64, "scene_um": 60.0}
        return MICROSCOPE.options(small, folder)

    def resources(self, options: Any) -> tuple[str, ...]:
        return ()

    def open(self, options: Any) -> Connection:
        self._call()
        made: Any = MICROSCOPE.open(options)
        for device in made.devices.values():
            for call in CALLS:
                if hasattr(device, call):
                    setattr(device, call, self._until(getattr(device, call)))
        made.close = self._until(made.close)
        made.devices = MappingProxyType(dict(made.devices))
        return made  # type: ignore[no-any-return]

    def _call(self) -> None:
        self.n_calls += 1
        if self.n_calls >= self.at:
            raise OSError(19, "No such device")

    def _until(self, real: Any) -> Any:
        def work(*arguments: Any, **named: Any) -> Any:
            self._call()
            return real(*arguments, **named)

        return work


@pytest.mark.parametrize("at", [3, 60])
def test_it_ends_with_one_line_that_says_that_the_light_may_be_on(
    at: int, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = Pulled(at)
    monkeypatch.setitem(driver_kinds.BUILT_IN, "pulled", f"{__name__}:KIND")
    monkeypatch.setitem(globals(), "KIND", kind)
    bench.write(RIG.replace(PLAIN, 'kind = "pulled"\n'), SESSION)
    with pytest.raises(HilError, match="No such device") as caught:
        bench.run()
    assert kind.n_calls >= at
    assert caught.value.exit_status == 1
    if at == 3:  # while it is opened: nothing of ours was lit
        return
    assert "light.power_mw" in str(caught.value)
    assert "park_failed" in bench.events()
    assert all(state in ("COMPLETE", "FAILED") for state in bench.states())
