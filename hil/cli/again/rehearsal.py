"""``hil run SESSION.toml --rehearse``: the session as it will be."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hil.records.session import Observer
    from hil.replay.rehearsal.rehearse import Rehearsal
    from hil.replay.rehearsal.stated import Stated
    from hil.session.result import SessionResult
    from hil.spec import SessionFile


def rehearse_session(
    file: SessionFile,
    on: Path | None,
    faults: Path | None,
    keep: bool,
    db: str | None,
    frames: Path | None,
    drive: Callable[[Callable[[Observer], SessionResult], str, str], SessionResult],
) -> int:
    """Run the rehearsal by `drive`, under a terminal view, and print what it says."""
    from hil.errors import InputError
    from hil.records.session import SessionState
    from hil.replay.rehearsal.rehearse import rehearse

    found: list[Rehearsal] = []

    class _NoStandIn(Exception):
        pass

    def work(view: Observer) -> SessionResult:
        told = rehearse(
            file, on=on, faults=faults, database=db, frames=frames, keep=keep, observer=view
        )
        if told is None:
            raise _NoStandIn
        found.append(told)
        return told.result

    try:
        drive(work, f"{file.spec.name}, rehearsal", file.spec.objective.names[0])
    except _NoStandIn:
        if keep:
            raise InputError("--keep", "", "there is nothing to keep: no simulated rig") from None
        _say_stated(file)
        return 0
    _say(found[0], file, keep)
    result = found[0].result
    return 0 if result.n_complete and result.state is not SessionState.FAILED else 1


def _say(found: Rehearsal, file: SessionFile, keep: bool) -> None:
    result = found.result
    name = "itself, which is simulated" if found.stand_in.own else found.stand_in.path.name
    print(f"rehearsal of {file.path.name} on {name}")
    print(f"state     {result.state}: {result.reason}")
    print(f"trials    {result.n_complete} complete of {result.n_trials}")
    if result.sampler:
        print(f"sampler   {result.sampler}")
    _say_limits(found)
    print(
        f"time      {_duration(found.total_s)}: devices {_duration(found.devices_s)} by their"
        f" clock, stated waits {_duration(found.rest_s)},"
    )
    print(f"          estimates and proposals {_duration(found.think_s)} as on this computer")
    if found.wall_ends is not None:
        print(f"          the time of [stop] wall_s is over before trial {found.wall_ends}")
    print(f"frames    {found.frames}")
    dose = "not known" if math.isnan(found.dose_mj) else f"{found.dose_mj:.4g} mJ at the sample"
    print(f"dose      {dose}")
    print(f"disk      {found.disk_bytes / 1e6:.1f} MB")
    _say_winner(found)
    for one in result.happened:
        if one.severity.rank > 0:
            last = f"; the last: {' '.join(one.last.split())[:160]}" if one.last else ""
            print(f"{one.severity.value:<10}{one.what}: {one.n}{last}")
    if keep:
        print(f"session   {result.session_id[:8]}, tagged rehearsal")


def _say_limits(found: Rehearsal) -> None:
    told = "all trials inside"
    if found.repaired:
        told = f"{found.repaired} of {found.result.n_trials} proposals were brought inside them"
    print(f"limits    {told}")
    if found.stand_in.unknown:
        print(f"          not known to the stand-in: {', '.join(found.stand_in.unknown)}")
    for name, n in sorted(found.broken.items()):
        print(f"          {name}: {n} of {found.result.n_trials} trials break the constraint")


def _say_winner(found: Rehearsal) -> None:
    result = found.result
    if result.best is None:
        print("winner    none")
        return
    best = result.best
    print(
        f"winner    {best.objective:.4g} ({best.ci_low:.4g} to {best.ci_high:.4g})"
        f" {result.objective}, the first trial {found.first:.4g};"
    )
    print(f"          found by trial {best.number}, after {found.reached_after} frames")
    if found.lacking is not None:
        print(
            f"sure      it lacks {found.lacking.median:.3g} to the best settings, with 95 % less"
            f" than {found.lacking.at_most:.3g}"
        )
    elif found.model is not None:
        print("sure      not known: the trials do not support a model of the settings")
    else:
        print("sure      not known: too few trials, or several objectives")


def _say_stated(file: SessionFile) -> None:
    from hil.replay.rehearsal.stated import stated

    told = stated(file)
    print(f"rehearsal of {file.path.name}: no simulated rig stands in for {file.rig.path.name};")
    print("          what both files state:")
    held, free = told.limits
    print(f"limits    the ranges lie inside those of {', '.join(held) or 'none'}")
    if free:
        print(f"          without a limit in the rig file: {', '.join(free)}")
    say_cost(told)
    print("not known how long moves and read-out take, how large a frame is on the disk, and what")
    print("          the search will find; --on TWIN.toml tells, with a rig that is simulated")


def say_cost(told: Stated) -> None:
    """Print what both files state of a session's frames, time and light."""
    print(f"trials    {told.trials}, if no rule of [stop] ends it before")
    print(f"frames    {told.frames}")
    exposures = _span(told.exposure_s, "s", "no exposure_ms")
    print(f"time      exposures {exposures}, stated waits {told.rest_s:.4g} s")
    print(f"dose      {_span(told.dose_mj, 'mJ of the exposures', 'no power_mw')}")


def _span(ends: tuple[float, float], unit: str, without: str) -> str:
    low, high = ends
    if math.isnan(low):
        return f"not known ({without} in the files)"
    return f"{low:.4g} {unit}" if low == high else f"{low:.4g} to {high:.4g} {unit}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes = seconds / 60
    return f"{minutes:.3g} min" if minutes < 120 else f"{minutes / 60:.3g} h"
