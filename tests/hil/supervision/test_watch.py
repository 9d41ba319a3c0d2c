"""Work that is watched: between two guardians it is dark, and done again, whatever command it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.types import Value
from hil.calibration.calibrate import calibrate_rig
from hil.clock import SystemClock
from hil.errors import HilError, Interrupted
from hil.measure.measure import measure_rig
from hil.measure.mode_check import check_modes_of
from hil.replay.record import record_table
from hil.replay.scan import ScanAxis, scan_table
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.rig import Rig
from hil.rig.safety import Safety
from hil.session.apply import apply_trial
from hil.spec import load_rig_file
from hil.supervision import watch
from hil.supervision.guardian import Guardian
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import supervised_rig
from hil.supervision.watch import wait_for_guardian
from tests.hil.session_bench import Bench, wait_for
from tests.hil.small_session import RIG, SESSION

LIT = "light.power_mw"
CALIBRATE = """
[calibrate]
repeats = 8
dark = { set = { "light.power_mw" = 0, "camera.exposure_ms" = 0.1 } }
vary = { setting = "camera.exposure_ms", low = 2, high = 400, points = 4 }
"""


class Gap:
    """Between two guardians there is none; the light is looked at from where the devices are.

    Attributes
    ----------
    dark
        Whether the sample was dark by the end of each gap.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = False
        self.dark: list[bool] = []
        self.looks = 0
        self.at = 2
        self.calls = 0
        real = Guardian.guards

        def guards(guardian: Guardian) -> bool:
            self.looks += self.open and bool(self.dark)
            self.open = self.open and self.looks < 3
            return not self.open and bool(real.__get__(guardian))

        monkeypatch.setattr(Guardian, "guards", property(guards))

    def strike(self, safety: Safety) -> None:
        """Lose the guardian in the second call, or later if it is dark, and see what becomes of the light."""
        self.calls += 1
        if self.calls >= self.at > 0 and not self.dark and safety.read([LIT])[LIT] == 1.0:
            self.open = True
            wait_for(lambda: safety.read([LIT])[LIT] == 0.0, 5)
            self.dark.append(True)


@pytest.fixture
def gap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    made = Gap(monkeypatch)
    expose, apply = Capture._expose, Rig.apply

    def exposed(capture: Capture, n: int) -> Any:
        made.strike(capture._safety)
        return expose(capture, n)

    def applied(rig: Rig, values: Any) -> dict[str, Value]:
        done = apply(rig, values)
        made.strike(rig.safety)
        return done

    monkeypatch.setattr(Capture, "_expose", exposed)
    monkeypatch.setattr(Rig, "apply", applied)
    yield made
    assert made.dark == [True]


def measure(bench: Bench) -> int:
    found = measure_rig(
        bench.folder / "rig.toml",
        bench.url,
        session=bench.folder / "session.toml",
        measurements=3,
    )
    values = found.found.per_measurement
    assert len(values) == 3
    assert max(values) - min(values) < 0.1 * max(values)
    return 3 * 4


def calibrate(bench: Bench) -> int:
    fit = calibrate_rig(bench.folder / "rig.toml", bench.url).fit
    assert fit.gain_e_per_adu == pytest.approx(0.5, rel=0.05)
    return 6


def modes(bench: Bench) -> int:
    found = check_modes_of(bench.folder / "rig.toml", bench.url, settings=["mirror.z5_nm"])
    assert found.modes[0].change < 1
    return 4


def record(bench: Bench) -> int:
    table = scan_table([ScanAxis("mirror.z5_nm", -20, 20, 2)])
    result = record_table(bench.folder / "rig.toml", table, bench.url, repeats=2)
    assert result.n_complete == 2
    return 2


@pytest.mark.parametrize("command", [measure, calibrate, modes, record])
def test_what_is_measured_without_a_guardian_is_dark_and_measured_again(
    command: Callable[[Bench], int], bench: Bench, gap: Gap
) -> None:
    bench.write(RIG + CALIBRATE, SESSION)
    asked = command(bench)
    assert gap.calls > asked


def test_a_rig_goes_to_a_trials_settings_again(bench: Bench, gap: Gap) -> None:
    gap.at = 0
    requested = bench.run(trials=1).best
    assert requested is not None
    gap.calls, gap.at = 0, 2
    read: list[Value] = []
    close = Rig.close

    def closed(rig: Rig) -> None:
        if not read:
            read.append(rig.read(LIT)[LIT])
        close(rig)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rig, "close", closed)
        apply_trial("last", 0, None, bench.url, None)
    assert read == [1.0], "lit again, with all in its place"


def test_an_estimate_is_waited_for_in_the_dark_without_a_guardian(
    bench: Bench, gap: Gap, monkeypatch: pytest.MonkeyPatch
) -> None:
    with supervised_rig(
        load_rig_file(bench.folder / "rig.toml"), bench.url, None, SystemClock()
    ) as held:
        rig, thread = held.rig, WorkerThread("thinks")
        with held.in_use("measure", {}, StopSwitch(), 1.0) as watched:
            watched.run(rig.setup)
            gap.at = 0
            watched.keep(rig.spec.setup)

            def think() -> str:
                gap.open = True
                wait_for(lambda: rig.safety.read([LIT])[LIT] == 0.0, 5)
                gap.dark.append(True)
                return "thought"

            assert watched.think(think, thread) == "thought"
            assert watched.run(lambda: rig.safety.read([LIT])[LIT]) == 1.0
            monkeypatch.setattr(watch, "DARK_AFTER_S", 0.0)
            wait = lambda: wait_for(lambda: rig.safety.read([LIT])[LIT] == 0.0, 5)  # noqa: E731
            watched.think(wait, thread)
            assert watched.run(lambda: rig.safety.read([LIT])[LIT]) == 1.0
        thread.close()


def test_who_waits_for_a_guardian_for_long_ends() -> None:
    clock = SystemClock()
    now_s = iter(range(0, 10_000, 70))
    object.__setattr__(clock, "monotonic", lambda: float(next(now_s)))
    with pytest.raises(HilError, match="no guardian process starts"):
        wait_for_guardian(lambda: False, lambda: False, lambda: None, clock)


def test_a_stop_ends_the_wait_for_a_guardian(bench: Bench, gap: Gap) -> None:
    stop = StopSwitch()
    with supervised_rig(
        load_rig_file(bench.folder / "rig.toml"), bench.url, None, SystemClock()
    ) as held:
        rig = held.rig

        def lit() -> None:
            rig.setup()
            gap.strike(rig.safety)
            gap.looks = -1000
            stop.press("enough")

        gap.at = 2
        with (
            pytest.raises(Interrupted, match="enough"),
            held.in_use("measure", {}, stop, 1.0) as watched,
        ):
            watched.run(lit)
        assert rig.read(LIT)[LIT] == 0.0
