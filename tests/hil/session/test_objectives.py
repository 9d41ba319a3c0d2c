"""What objectives mean, what they hold fixed, and that none can be driven to a useless answer."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import hil
from hil.errors import InputError
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise
from hil.noise.electrons import counts_electrons, mean_electrons
from hil.session.objectives import SCALES, Circumstances, light_sensitivity, scaled
from hil.spec import RULES, load_session_file
from tests.hil.small_session import RIG, SESSION

FRAME = Circumstances(
    values=1000, frame_um2=50.0, frame_s=0.02, frame_electrons=4000.0, frame_mj=0.01
)
WORTH = {
    "bits_per_pixel": 0.5,
    "bits_per_frame": 500.0,
    "bits_per_area": 10.0,
    "bits_per_second": 25_000.0,
    "bits_per_photon": 0.125,
    "bits_per_mj": 50_000.0,
}


def test_every_objective_has_a_scale_and_a_rule() -> None:
    assert set(SCALES) == set(RULES) == set(WORTH)


@pytest.mark.parametrize("name", WORTH)
def test_half_a_bit_in_each_of_1000_pixels(name: str) -> None:
    assert scaled(name, 0.5, FRAME) == pytest.approx(WORTH[name])


def test_where_nothing_was_spent_nothing_was_seen() -> None:
    dark = Circumstances(1000, 50.0, 0.02, frame_electrons=-3.0, frame_mj=0.0)
    assert scaled("bits_per_photon", 0.01, dark) == scaled("bits_per_mj", 0.01, dark) == 0.0


def test_electrons_are_counted_as_the_noise_model_counts() -> None:
    frames = np.full((2, 1, 8, 8), 120, np.uint16)
    assert mean_electrons(frames, CameraNoise(0.5, 100, 1.6)) == pytest.approx(10)
    assert mean_electrons(frames, PoissonNoise()) == pytest.approx(120)
    assert not counts_electrons(GaussianNoise(1.0))


def test_bits_per_photon_fall_with_the_photons_too() -> None:
    assert light_sensitivity("bits_per_frame", 0.5, 0.3, FRAME) == pytest.approx(300)
    assert light_sensitivity("bits_per_photon", 0.5, 0.3, FRAME) == pytest.approx(-0.05)


class Refused(NamedTuple):
    name: str
    objective: str
    search: str
    further: str
    says: str


def axis(setting: str, values: str = "low = 1\nhigh = 2") -> str:
    return f'[[search]]\nsetting = "{setting}"\n{values}\n'


BINNING = axis("camera.binning", "choices = [1, 2]")
SHARE = "[constraints]\nmax_saturated_share = 0.001\n"
REFUSED = [
    Refused("pixels that change", '"bits_per_pixel"', BINNING, "", "changes the pixels"),
    Refused("one of several", '["bits_per_area", "bits_per_pixel"]', BINNING, "", "bits_per_frame"),
    Refused("light without end", '"bits_per_frame"', axis("light.power_mw"), "", "more light"),
    Refused("a bound that is none", '"bits_per_area"', axis("light.power_mw"), "[constraints]\nmax_saturated_share = 1.0\n", "more light"),
    Refused("empty frames, quickly", '"bits_per_second"', axis("camera.exposure_ms"), SHARE, "min_bits_per_pixel"),
    Refused("no light at all", '"bits_per_photon"', axis("focus.z_um"), "", "favours no light at all"),
    Refused("no dose at all", '["bits_per_pixel", "bits_per_mj"]', axis("focus.z_um"), "", "favours no light at all"),
    Refused("no size of a pixel", '"bits_per_area"', axis("focus.z_um"), "", "pixel_size_um"),
    Refused("no blank fields", '"bits_per_pixel"\nminus_blank = true', axis("focus.z_um"), "", "measure.blank"),
    Refused("no such objective", '"bits_per_mole"', axis("focus.z_um"), "", "'bits_per_second'"),
    Refused("a floor of nothing", '"bits_per_photon"', axis("focus.z_um"), "[constraints]\nmin_bits_per_pixel = 0\n", "greater than 0"),
    Refused("all trials for leaders", '"bits_per_pixel"', axis("focus.z_um"), "[finish]\nremeasure = 6\n", "6 of 6 trials"),
]  # fmt: skip


def session(objective: str, search: str, further: str = "") -> str:
    head, measure = SESSION.split("[[search]]")[0], SESSION[SESSION.index("[measure]") :]
    return f"{head}{search}{measure}\n[objective]\nmaximize = {objective}\n{further}"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_search_without_an_answer_of_use_is_refused(case: Refused, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG)
    (tmp_path / "session.toml").write_text(session(case.objective, case.search, case.further))
    with pytest.raises(InputError) as caught:
        hil.run_session(tmp_path / "session.toml", f"sqlite:///{(tmp_path / 'hil.db').as_posix()}")
    assert case.says in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rig.toml", "session.toml"]


def test_photons_need_a_noise_model_that_counts(tmp_path: Path) -> None:
    rig = RIG[: RIG.index("[noise]")] + '[noise]\nkind = "gaussian"\nsigma_adu = 2\n'
    (tmp_path / "rig.toml").write_text(rig)
    floor = "[constraints]\nmin_bits_per_pixel = 0.1\n"
    text = session('"bits_per_photon"', axis("focus.z_um"), floor)
    (tmp_path / "session.toml").write_text(text)
    with pytest.raises(InputError, match=r"objective\.maximize: .*counts electrons"):
        hil.run_session(tmp_path / "session.toml", f"sqlite:///{(tmp_path / 'hil.db').as_posix()}")


class Allowed(NamedTuple):
    name: str
    objective: str
    search: str
    further: str = ""


ALLOWED = [
    Allowed("frames of other pixels", '"bits_per_frame"', BINNING),
    Allowed("bounded light", '"bits_per_pixel"', axis("light.power_mw"), SHARE),
    Allowed("a floor", '"bits_per_photon"', axis("light.power_mw"), "[constraints]\nmin_bits_per_pixel = 0.1\n"),
    Allowed("time with light fixed", '"bits_per_second"', axis("focus.z_um")),
]  # fmt: skip


@pytest.mark.parametrize("case", ALLOWED, ids=lambda case: case.name)
def test_a_search_with_an_answer_is_allowed(case: Allowed, tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG)
    (tmp_path / "session.toml").write_text(session(case.objective, case.search, case.further))
    load_session_file(tmp_path / "session.toml")


def test_all_objectives_in_one_search(tmp_path: Path) -> None:
    rig = RIG + '\n[optics]\npixel_size_um = 0.1\n\n[limits."light.power_mw"]\nhigh = 2\n'
    (tmp_path / "rig.toml").write_text(rig)
    names = [name for name in RULES if name != "bits_per_pixel"]
    search = BINNING + axis("light.power_mw", "low = 0.5\nhigh = 2") + axis("camera.exposure_ms")
    limits = SHARE + "min_bits_per_pixel = 0.02\n"
    text = session(str(names), search, limits).replace('"random"', '"nsga2"')
    (tmp_path / "session.toml").write_text(text)
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    result = hil.run_session(tmp_path / "session.toml", url)
    assert (result.state, result.n_complete) == ("COMPLETE", 6)
    with hil.open_database(url) as database:
        trials = database.trials("last", sort="number")
        bits = database.estimates("last")["bits_per_pixel"]
    for trial, bits_per_pixel in zip(trials.itertuples(), bits, strict=True):
        found, settings = trial.objectives, trial.settings
        side = 64 // settings.get("camera.binning", 1)
        pixel_um = 0.1 * settings.get("camera.binning", 1)
        exposure_ms = settings["camera.exposure_ms"]
        assert list(found) == names
        assert found["bits_per_frame"] == pytest.approx(bits_per_pixel * side**2)
        assert found["bits_per_area"] == pytest.approx(bits_per_pixel / pixel_um**2)
        frame_mj = settings["light.power_mw"] * exposure_ms / 1000
        assert found["bits_per_mj"] == pytest.approx(bits_per_pixel * side**2 / frame_mj)
        assert trial.dose_mj == pytest.approx(8 * frame_mj)
        # The rig's clock: exposures, 10 ms of reading out each, and moves of a few milliseconds.
        least_s = (exposure_ms + 10) / 1000
        rate = found["bits_per_frame"] / found["bits_per_second"]
        assert least_s < rate < least_s + 0.02


def test_the_tables_of_the_documentation_are_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "objectives.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]
    rig = RIG + "".join(block for block in blocks if "# rig.toml" in block)
    session = SESSION[: SESSION.index("[measure]")]
    session += "".join(block for block in blocks if "# session.toml" in block)
    (tmp_path / "rig.toml").write_text(rig, encoding="utf-8")
    (tmp_path / "session.toml").write_text(session, encoding="utf-8")
    file = load_session_file(tmp_path / "session.toml")
    assert file.spec.measure.n_blanks == 2
    assert file.spec.objective.minus_blank
    assert file.rig.spec.dose is not None
    assert file.rig.spec.optics is not None
    for name in RULES:
        assert f"| `{name}` |" in text
