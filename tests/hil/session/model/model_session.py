"""The two files of a small session by sampler `model`, on a rig with three hidden modes."""

from __future__ import annotations

from tests.hil.small_session import RIG

HIDDEN = (0.0, 45.0, -30.0, 25.0, 0.0, 0.0, 0.0, 0.0)
LIT = RIG.replace('"light.power_mw" = 1.0', '"light.power_mw" = 5.0').replace("64", "48")
STATED = LIT.replace("scene_um = 60\n", f"scene_um = 60\naberration_nm = {list(HIDDEN)}\n")
BLANK = LIT.replace("seed = 1\n", "seed = 77\n")
SEARCHED = ("mirror.z5_nm", "mirror.z6_nm", "mirror.z7_nm")

_AXES = "".join(f'[[search]]\nsetting = "{name}"\nlow = -70\nhigh = 70\n\n' for name in SEARCHED)
SESSION = f"""\
name = "by its model"
rig = "rig.toml"
trials = 4
seed = 4

{_AXES}
[measure]
grid = {{ columns = 2, rows = 1, step_um = 10 }}
repeats = 2
keep_frames = "first"

[estimator]
kind = "stationary"

[sampler]
kind = "model"

[finish]
remeasure = 0
"""
