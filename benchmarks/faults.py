"""Sessions whose frames and read-backs are spoilt at random: what is caught, and what is not.

    python benchmarks/faults.py [--trials N] [--rates 0.01 0.05 0.2] [--clean N] [--seed 1]
        [fault ...]

For each fault and rate a session on a small simulated rig, rigs and repeats by turns. Printed are
the trials; how often the fault struck (a field's frames, or a setting's read-back), and in how many
trials; of these how many are FAILED by name, how many barred from winning by a flag, and how many
slipped through; of trials without a fault how many failed (false alarms) and how many the guard of
dark fields keeps from winning (doubted); second frames that were taken; and whether the winner is
sound: a COMPLETE trial that nothing spoilt. Faults that strike a second frame alone spoil no data,
and are not counted, nor are trials that fail by one. ``clean`` are sessions without faults, on all
rigs. ``start``, ``settle``, ``read`` and ``capture`` are calls that
raise, errors of all kinds by turns; ``open`` has many short sessions, each of which is one trial of
its row: FAILED are those that were refused in one line, with nothing left open. A read-back that is
spoilt may spoil nothing: one that comes late is read again, another is of where a device was before
its move. Such trials are COMPLETE with the setting as it was asked for, and are counted as
harmless.
"""

from __future__ import annotations

import argparse
import itertools
import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hil
from hil.errors import HilError
from hil.records.session import SessionState, Snapshot
from hil.rig.guards.frame_watch import FrameWatch
from hil.rig.guards.taken import Taken
from sim.fault_script import CALL_ERRORS, FaultScript
from sim.frame_faults import FRAME_FAULTS

READ_FAULTS = ("read_nan", "read_off", "read_text", "ignored", "read_late")
FRAMES = ("dark", *FRAME_FAULTS)
CALLS = ("start", "settle", "read", "capture")
OPENINGS = 10  # trials of the other rows to one session that is opened
SIDE = 32


@dataclass(frozen=True)
class SmallRig:
    """A rig with small frames.

    Parameters
    ----------
    name
        Of it.
    around, noise, setup
        Bodies of tables of its file.
    moved, low, high
        The setting that is searched.
    fields
        Bodies of tables.
    dark_adu
        What a pixel reads without light.
    camera
        Its label.
    timeout_s
        How long a move may take: no less than one from end to end of the range.
    """

    name: str
    around: str
    noise: str
    setup: str
    moved: str
    low: float
    high: float
    fields: tuple[str, ...]
    dark_adu: int
    camera: str = "camera"
    timeout_s: float = 1.0

    def rig(self, fault: str, rate: float, seed: int) -> str:
        """Give ``rig.toml``."""
        tables = "".join(self._raises(fault, rate)) or self._spoils(fault, rate)
        return (
            f'name = "faults {self.name}"\ncamera = "{self.camera}"\n[[driver]]\nkind = "faulty"\n'
            f"seed = {seed}\naround = {{ {self.around} }}\n{tables if fault and rate else ''}"
            f"[noise]\n{self.noise}\n[setup]\n{self.setup}\n"
            # What is ignored may come late: it is waited for.
            f'[limits."{self.moved}"]\ntimeout_s = {self.timeout_s}\n'
        )

    def _raises(self, call: str, rate: float) -> Iterator[str]:
        """Give tables of faults that are errors of a call, of every kind."""
        if call not in (*CALLS, "open"):
            return
        device = self.camera if call == "capture" else self.moved.rpartition(".")[0]
        where = "" if call == "open" else f'device = "{device}"\n'
        for error in CALL_ERRORS:
            each = rate / len(CALL_ERRORS)
            yield f'[[driver.fault]]\nfault = "{error}"\ncall = "{call}"\nrate = {each}\n{where}'

    def _spoils(self, fault: str, rate: float) -> str:
        """Give the table of a fault of frames, read-backs or commands."""
        device, _, _ = self.moved.rpartition(".")
        where = (
            f'device = "{device}"'
            if fault in ("ignored", "read_late")
            else f'setting = "{self.moved}"'
        )
        where = "" if fault in FRAMES else where
        table = f'[[driver.fault]]\nfault = "{fault}"\nrate = {rate}\n{where}\n'
        if fault == "dark":
            table += f"dark_adu = {self.dark_adu}\n"
        if fault == "read_off":
            table += f"amount = {0.02 * (self.high - self.low)}\n"
        return table

    def session(self, trials: int, repeats: int, n_fields: int) -> str:
        """Give ``session.toml``."""
        fields = ", ".join(f"{{ {text} }}" for text in self.fields[:n_fields])
        return (
            f'name = "faults"\nrig = "rig.toml"\ntrials = {trials}\nseed = 3\n[[search]]\n'
            f'setting = "{self.moved}"\nlow = {self.low}\nhigh = {self.high}\n[measure]\n'
            f'repeats = {repeats}\nfields = [{fields}]\nkeep_frames = "none"\n[estimator]\n'
            'kind = "stationary"\npatch_size = 4\n[sampler]\nkind = "random"\n[finish]\n'
            f"remeasure = 0\n[stop]\nfailures_in_a_row = {trials}\n"
            "[constraints]\nmax_saturated_share = 0.01\n"
        )


def _fields(x: str, y: str, step: float) -> tuple[str, ...]:
    return tuple(f'"{x}" = {i * step}, "{y}" = {j * step}' for j in (-1, 1) for i in (-1, 0, 1))


RIGS = (
    SmallRig(
        "microscope",
        f'kind = "sim.microscope", seed = 1, height_px = {SIDE}, width_px = {SIDE}, scene_um = 90',
        'kind = "camera"\ngain_e_per_adu = 0.5\noffset_adu = 100\nread_noise_e = 1.6',
        '"light.power_mw" = 1.0',
        "focus.z_um",
        -1,
        1,
        _fields("stage.x_um", "stage.y_um", 15),
        100,
    ),
    SmallRig(
        "LED array",
        f'kind = "sim.microscope", contrast = "phase", seed = 3, height_px = {SIDE}, width_px ='
        f" {SIDE}, scene_um = 160, magnification = 20.0, numerical_aperture = 0.4, refractive_index"
        " = 1.0, led_na = 0.8, led_points = 12",
        'kind = "camera"\ngain_e_per_adu = 0.5\noffset_adu = 100\nread_noise_e = 1.6',
        '"led.power_mw" = 1.0',
        "led.outer_na",
        0.1,
        0.6,
        _fields("stage.x_um", "stage.y_um", 20),
        100,
    ),
    SmallRig(
        "lensless",
        f'kind = "sim.lensless", seed = 5, side_px = {SIDE}, scene = "natural"',
        'kind = "camera"\ngain_e_per_adu = 2.5\noffset_adu = 20\nread_noise_e = 5\nbit_depth = 12',
        '"mask.apertures" = 4',
        "camera.exposure_ms",
        20,
        100,
        _fields("pointing.x_mrad", "pointing.y_mrad", 300),
        20,
    ),
    SmallRig(
        "satellite",
        f'kind = "sim.satellite", seed = 4, side_px = {SIDE}',
        'kind = "camera"\ngain_e_per_adu = 8\noffset_adu = 20\nread_noise_e = 12\nbit_depth = 12',
        '"camera.gain" = "low"\n"camera.exposure_ms" = 1.0',
        "telescope.focus_um",
        -60,
        60,
        _fields("pointing.along_km", "pointing.across_km", 2),
        20,
        timeout_s=2.0,  # 120 um at 100 um/s
    ),
    SmallRig(
        "spectrometer",
        f'kind = "sim.hyperspectral", seed = 3, side_px = {SIDE}, bands = 2, scene = "leaves"',
        'kind = "camera"\ngain_e_per_adu = 5\noffset_adu = 40\nread_noise_e = 8\nbit_depth = 12',
        '"lamp.power_mw" = 20.0\n"camera.exposure_ms" = 50.0',
        "filter.width2_nm",
        10,
        60,
        _fields("stage.x_mm", "stage.y_mm", 10),
        40,
    ),
    SmallRig(
        "tomography",
        f'kind = "sim.tomography", seed = 7, scene = "blobs", bins = {SIDE}, bin_mm = 0.8,'
        " electronic_noise_adu = 30.0",
        'kind = "xray"\nadu_per_photon = 1.0\noffset_adu = 100\nelectronic_noise_adu = 30\n'
        "bit_depth = 14",
        '"source.control" = "kerma"\n"detector.exposure_ms" = 10000.0\n"gantry.views" = 24\n'
        '"source.current_ma" = 0.01',
        "source.voltage_kv",
        40,
        120,
        tuple(f'"sample.number" = {i}' for i in range(6)),
        100,
        "detector",
    ),
)


@dataclass
class Strikes:
    """Which trials were struck, and how often."""

    begun: bool = False
    trial: int = -1
    times: Counter[int] = field(default_factory=Counter)
    again: Counter[int] = field(default_factory=Counter)
    second_frames: int = 0
    _second: bool = False

    def look(self, snapshot: Snapshot) -> None:
        """Note which trial is in work."""
        self.begun = True
        ended = snapshot.state is not None and snapshot.state.ended
        self.trial = -1 if snapshot.number is None or ended else snapshot.number

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note every strike while sessions run in this process."""
        real, real_check = FaultScript.strike, FrameWatch.check

        def strike(script: FaultScript, *args: Any, **options: Any) -> Any:
            struck = real(script, *args, **options)
            counts = struck is not None and not self._second
            if counts and not self._no_op(script, struck.fault):
                self.times[self.trial] += 1
            self.again[self.trial] += struck is not None and self._second
            return struck

        def check(watch: FrameWatch, taken: Taken, again: Callable[[], Taken]) -> None:
            def second() -> Taken:
                self.second_frames += 1
                self._second = True
                try:
                    return again()
                finally:
                    self._second = False

            real_check(watch, taken, second)

        FaultScript.strike = strike  # type: ignore[method-assign]
        FrameWatch.check = check  # type: ignore[method-assign]
        try:
            yield
        finally:
            FaultScript.strike = real  # type: ignore[method-assign]
            FrameWatch.check = real_check  # type: ignore[method-assign]

    def _no_op(self, script: FaultScript, fault: str) -> bool:
        """Whether a copy of the first capture is the first capture itself."""
        return fault in ("frozen", "duplicated") and script.n_calls == 1


@dataclass
class Tally:
    """What came of the trials of one or more sessions."""

    trials: int = 0
    strikes: int = 0
    struck: int = 0
    failed: int = 0
    barred: int = 0
    slipped: int = 0
    harmless: int = 0
    false_alarms: int = 0
    doubted: int = 0
    second_frames: int = 0
    sound: bool = True
    examples: list[str] = field(default_factory=list)


def run(
    small: SmallRig, fault: str, rate: float, trials: int, repeats: int, n_fields: int, first: int
) -> Tally:
    """Run a session, and hold its trials against what struck them."""
    for seed in itertools.count(1000 * first):
        strikes = Strikes()
        with tempfile.TemporaryDirectory() as name, strikes.noted():
            folder = Path(name)
            (folder / "rig.toml").write_text(small.rig(fault, rate, seed), encoding="utf-8")
            session = folder / "session.toml"
            session.write_text(small.session(trials, repeats, n_fields), encoding="utf-8")
            url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
            try:
                result = hil.run_session(session, url, observer=strikes.look)
            except HilError:
                if strikes.begun:
                    raise
                continue  # struck before the first trial: nothing to count
            return _tally(url, result, strikes, small.moved if fault in READ_FAULTS else "")
    raise AssertionError


def run_openings(small: SmallRig, rate: float, sessions: int, first: int) -> Tally:
    """Open sessions whose driver raises at that; each is one trial of the tally."""
    tally = Tally()
    for seed in range(1000 * first, 1000 * first + sessions):
        strikes = Strikes()
        with tempfile.TemporaryDirectory() as name, strikes.noted():
            folder = Path(name)
            (folder / "rig.toml").write_text(small.rig("open", rate, seed), encoding="utf-8")
            session = folder / "session.toml"
            session.write_text(small.session(1, 1, 1), encoding="utf-8")
            url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
            refused = ""
            try:
                hil.run_session(session, url)
            except HilError as error:
                refused = str(error)
            left_open = 0
            if (folder / "hil.db").exists():
                with hil.open_database(url) as database:
                    left_open = sum(not SessionState(s).ended for s in database.sessions()["state"])
        struck = strikes.times[-1] > 0
        tally.trials += 1
        tally.strikes += strikes.times[-1]
        tally.struck += struck
        named = "driver.0: " in refused and "\n" not in refused
        tally.failed += struck and named and not left_open
        tally.slipped += struck and not (named and not left_open)
        tally.false_alarms += bool(refused) and not struck
        tally.examples += [refused] if refused and not struck else []
    return tally


def _tally(url: str, result: hil.SessionResult, strikes: Strikes, moved: str) -> Tally:
    """Count; the setting that read faults strike is held against what was asked for."""
    tally = Tally(second_frames=strikes.second_frames)
    spoilt: set[int] = set()
    with hil.open_database(url) as database:
        rows = database.rows("last")
        table = database.trials("last", sort="number")
        estimates = database.estimates("last")
    reasons = list(table["reason"])
    seen = list(table[moved]) if moved else [math.nan] * len(rows)
    flags = dict(zip(estimates["number"], estimates["flags"], strict=True))
    for row, reason, read in zip(rows, reasons, seen, strict=True):
        tally.trials += 1
        struck = strikes.times[row.number]
        tally.strikes += struck
        tally.struck += struck > 0
        state = str(row.state)
        if state == "FAILED":
            tally.failed += struck > 0
            if struck == 0 and not strikes.again[row.number]:
                tally.false_alarms += 1
                tally.examples.append(reason)
        elif any(value > 0 for value in row.constraints.values()):
            tally.barred += struck > 0
            tally.doubted += struck == 0 and "dark_field" in flags[row.number]
        elif struck and moved and _same(read, row.requested[moved]):
            tally.harmless += 1
            continue
        elif struck:
            tally.slipped += 1
        if struck:
            spoilt.add(row.number)
    if result.best is not None:
        tally.sound = result.best.number not in spoilt
    return tally


def _same(read: Any, wanted: Any) -> bool:
    return math.isclose(float(read), float(wanted), rel_tol=1e-6)


def line(name: str, rate: float, small: str, tally: Tally, seconds: float) -> str:
    """Give one row of the table."""
    return (
        f"{name:18} {rate:5.0%}  {small:13} {tally.trials:6} {tally.strikes:8} {tally.struck:7}"
        f" {tally.failed:7} {tally.barred:7} {tally.slipped:8} {tally.harmless:8}"
        f" {tally.false_alarms:12} {tally.doubted:13} {tally.second_frames:13}"
        f"  {'yes' if tally.sound else 'NO':4} {seconds:6.1f} s"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--clean", type=int, default=50, help="trials on each rig without faults")
    parser.add_argument("--rates", type=float, nargs="*", default=[0.01, 0.05, 0.2])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("faults", nargs="*", default=[])
    asked = parser.parse_args()
    print(
        "fault               rate  rig           trials  strikes  struck  FAILED  barred  slipped"
        " harmless false alarms doubted clean second frames  winner sound"
    )
    for i, fault in enumerate(asked.faults or (*FRAMES, *READ_FAULTS, *CALLS, "open")):
        for j, rate in enumerate(asked.rates):
            small = RIGS[(i + j) % len(RIGS)]
            n_fields, repeats = (4, 1)[(i + j) // 2 % 2], 1 + i % 2
            began_s = time.monotonic()
            if fault == "open":
                n_sessions = max(asked.trials // OPENINGS, 1)
                n_fields, repeats = 1, 1
                tally = run_openings(small, rate, n_sessions, asked.seed)
            else:
                tally = run(small, fault, rate, asked.trials, repeats, n_fields, asked.seed)
            name = f"{small.name} {n_fields}x{repeats}"
            print(line(fault, rate, name, tally, time.monotonic() - began_s), flush=True)
            for reason in tally.examples[:3]:
                print(f"    {reason}")
    for small in RIGS if asked.clean else ():
        began_s = time.monotonic()
        tally = run(small, "", 0.0, asked.clean, 1, 4, asked.seed)
        print(line("clean", 0.0, small.name, tally, time.monotonic() - began_s), flush=True)
        for reason in tally.examples[:3]:
            print(f"    {reason}")


if __name__ == "__main__":
    main()
