"""Sessions over settings that change the camera's noise: each trial by the noise that holds."""

from __future__ import annotations

from pathlib import Path

import pytest

import hil

RIG = """\
name = "two gains"
camera = "camera"

[[driver]]
kind = "sim.satellite"
seed = 2
side_px = 64

[noise]
kind = "camera"
gain_e_per_adu = 8
offset_adu = 20
read_noise_e = 12
bit_depth = 12
"""

HIGH_GAIN = """
[[noise_at]]
when = { "camera.gain" = "high" }
gain_e_per_adu = 1
read_noise_e = 4.8
"""

SESSION = """\
name = "gains"
rig = "rig.toml"
trials = 2
start = "none"

[[search]]
setting = "camera.gain"
choices = ["low", "high"]

[fixed]
"camera.exposure_ms" = 0.3

[measure]
fields = [
  { "pointing.along_km" = -1 },
  { "pointing.along_km" = 0 },
  { "pointing.along_km" = 1 },
  { "pointing.along_km" = 2 },
]
repeats = 2

[sampler]
kind = "grid"
"""


@pytest.mark.parametrize("known", [True, False], ids=["known", "not known"])
def test_noise_of_a_gain_mode(known: bool, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG + HIGH_GAIN * known, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    hil.run_session(tmp_path / "session.toml", url)
    with hil.open_database(url) as database:
        estimates = database.estimates("last")
        trials = database.trials("last", sort="number")
    ratio = [details["noise_variance_ratio"] for details in estimates["details"]]
    by_gain = dict(zip(trials["camera.gain"], ratio, strict=True))
    assert by_gain["low"] == pytest.approx(1.0, abs=0.03)
    if known:
        assert by_gain["high"] == pytest.approx(1.0, abs=0.03)
        assert not any("noise_mismatch" in flags for flags in estimates["flags"])
    else:
        assert by_gain["high"] > 2, "a gain eight times higher makes eight times the noise in ADU"
        assert sum("noise_mismatch" in flags for flags in estimates["flags"]) == 1
