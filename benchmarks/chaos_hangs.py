"""A call that hangs: each call of each device, in a trial and in the park."""

from __future__ import annotations

import random
import time
from functools import partial

from benchmarks.chaos_night import BUSY, RIG, Broken, ChaosRow, Night, night
from tests.hil.planted_rig import ask_for

DEVICES = ("lamp", "light", "focus", "mirror", "stage", "camera")
CALLS = (
    *(f"{device} {call}" for device in DEVICES for call in ("start", "settle", "read", "stop")),
    "camera capture",
    "microscope close",
    "microscope open",
    "lamp open",
)
CASES = [(call, when) for call in CALLS for when in ("trial", "park")]
# A call's own deadline, and five seconds for the rest of the rig.
DARK_AFTER_S = {"camera capture": 8.0 + 5.0}
ENDS_AFTER_S = 60.0


def hangs(n: int, rng: random.Random) -> ChaosRow:
    """Try n of the cases, all where n is large enough."""
    row = ChaosRow("a call that hangs")
    cases = list(CASES)
    rng.shuffle(cases)
    for call, when in cases[:n]:
        row.attempt(f"{call} in the {when}", partial(hang, call, when))
    return row


def hang(call: str, when: str) -> float:
    """Have a call hang; see to it that the rest is dark, the process ends, and says which."""
    with night(trials=4 if when == "park" else 60, rig=RIG) as made:
        _, action = call.split()
        if action == "open":
            ask_for(made.folder, f"{call} hangs")
            made.check_ended(made.begin(), [1])
            return 0.0
        struck = []
        if when == "park":
            touch = str(made.folder / f"{call} hangs")
            where = {"module": "hil.rig.rig", "owner": "Rig", "name": "park"}
            struck = [{**where, "at": [1], "touch": touch}]
        process = made.begin(struck=struck)
        began = time.time()
        if when == "trial":
            made.wait_lit(process, done=1)
            began = time.time()
            ask_for(made.folder, f"{call} hangs")
            if action in ("stop", "close"):
                process.terminate()
        said = made.check_ended(process, [0, 1, 130])
        hung = made.folder / f"{call} hung"
        if hung.exists():  # the rig came to the call some time after it was asked for
            began = max(began, hung.stat().st_mtime)
        return _check(made, call, when, said, began)


def _check(made: Night, call: str, when: str, said: str, began: float) -> float:
    device, action = call.split()
    dark_s = 0.0
    if device != "lamp" or action == "stop":
        limit_s = DARK_AFTER_S.get(call, 6.0) if when == "trial" else 1e9
        dark_s = made.dark_after(began, limit_s)
    if when == "trial" and time.time() - began > BUSY.allowed_s(ENDS_AFTER_S, began):
        raise Broken(f"it took {time.time() - began:.0f} s to end")
    made.check_closed()
    named = [
        detail for kind, detail in made.events() if kind in ("device_hangs", "park_failed", "halt")
    ]
    moves = action in ("start", "settle", "read", "capture")
    in_park = when == "park" and device not in ("lamp", "light")
    if moves and not in_park and not any(device in str(detail) for detail in named):
        raise Broken(f"no event names the call: {named} {said[-200:]}")
    return dark_s if when == "trial" else 0.0
