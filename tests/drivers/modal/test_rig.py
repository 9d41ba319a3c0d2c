"""A rig with a mirror by its modes: limits, parking, deadlines and read-backs, through `hil`."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import hil
from drivers.errors import DeviceFault
from drivers.modal import memory
from drivers.modal.array import ArrayKind
from drivers.modal.memory import MemoryArray, MemoryOptions
from hil.errors import RigError, SafetyError
from tests.drivers.modal.mirrors import TABLE, write_mirror
from tests.drivers.modal.test_device import seen_outside

BOUNDS = {"low": 0.0, "high": 1.0, "sum_high": 75.0, "neighbour": 0.3}


class Watched(MemoryArray):
    """Keeps what came; fails, lies or hangs when told to."""

    made: list[Watched]

    def __init__(self, options: MemoryOptions) -> None:
        super().__init__(options)
        self.log: list[NDArray[np.float64]] = []
        self.fails = False
        self.gain = 1.0
        self.hangs: threading.Event | None = None
        self.made.append(self)

    def send(self, vector: NDArray[np.float64]) -> None:
        if self.fails:
            raise DeviceFault("array", "send", "the driver board is off")
        self.log.append(vector.copy())
        super().send(vector)

    def read(self) -> NDArray[np.float64]:
        if self.hangs is not None:
            self.hangs.wait(20)
        return 0.5 + self.gain * (super().read() - 0.5)


@pytest.fixture
def rig_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Watched.made = []
    monkeypatch.setattr(memory, "MEMORY", ArrayKind(MemoryOptions, Watched))
    write_mirror(tmp_path)
    table = {k: v for k, v in TABLE.items() if k != "array"} | {"backlash": 0.02, "flat": 0.5}
    lines = "\n".join(f"{key} = {value!r}" for key, value in table.items())
    path = tmp_path / "rig.toml"
    path.write_text(
        f'name = "desk"\ncall_timeout_s = 0.3\n[[driver]]\nkind = "modal"\n{lines}\n'
        'array = { kind = "memory", actuators = 140 }\n'
        '[[park]]\nset = { "mirror.z4_nm" = 0.0, "mirror.z5_nm" = 0.0 }\n',
        encoding="utf-8",
    )
    return path


def test_random_commands_of_a_rig_leave_no_bound_and_most_are_carried_out(rig_file: Path) -> None:
    rng = np.random.default_rng(4)
    carried_out = refused = 0
    with hil.load_rig(rig_file) as rig:
        names = list(rig.settings)
        for _ in range(150):
            chosen = rng.permutation(len(names))[: rng.integers(1, len(names) + 1)]
            scale = rng.choice([0.1, 0.3, 0.6])
            values = {
                names[i]: float(scale * rng.uniform(*rig.safety.bounds(names[i]))) for i in chosen
            }
            try:
                assert rig.apply(values) == pytest.approx(values, abs=1e-6)
                carried_out += 1
            except SafetyError as error:
                assert "mirror: " in str(error)
                refused += 1
    (array,) = Watched.made
    assert {seen_outside(vector, **BOUNDS) for vector in array.log} == {""}
    assert carried_out > 40
    assert refused > 10
    parks = 2  # of its legs, in case
    assert len(array.log) <= 1 + 2 * (carried_out + parks), "each command went straight, from below"


def test_a_mirror_that_reads_something_else_fails_the_command(rig_file: Path) -> None:
    with hil.load_rig(rig_file) as rig:
        Watched.made[0].gain = 0.9
        with pytest.raises(RigError, match=r"z4_nm was set to 20\.0 nm and reads back 18"):
            rig.apply({"mirror.z4_nm": 20.0})
        Watched.made[0].gain = 1.0


def test_an_array_that_fails_fails_the_command_in_its_words(rig_file: Path) -> None:
    with hil.load_rig(rig_file) as rig:
        Watched.made[0].fails = True
        with pytest.raises(Exception, match="the driver board is off"):
            rig.apply({"mirror.z4_nm": 20.0})
        Watched.made[0].fails = False


def test_an_array_that_hangs_is_left_behind(rig_file: Path) -> None:
    rig: Any = hil.load_rig(rig_file)
    released = Watched.made[0].hangs = threading.Event()
    try:
        with pytest.raises(Exception, match="mirror"):
            rig.read("mirror.z4_nm")
        assert [hang.device for hang in rig.hangs] == ["mirror"]
    finally:
        released.set()
        rig.close()
