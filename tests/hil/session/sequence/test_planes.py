"""Sequences as a trial's measurement, on Micro-Manager's demo devices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import hil
from hil.errors import InputError
from hil.measure.measure import measure_rig
from hil.replay.comparison import compare
from hil.replay.from_frames import Changes, replay_frames
from hil.session.baseline import Baseline
from tests.hil import small_session

EXAMPLE = Path(__file__).parents[4] / "examples" / "sequence"
CHANNELS = [
    {"group": "Channel", "config": "DAPI", "exposure": 5},
    {"group": "Channel", "config": "FITC", "exposure": 10},
]


class Bench:
    """The example in a folder of its own, with other text where a test wants it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        self.session = folder / "session.toml"
        for name in ("rig.toml", "session.toml", "channels.json"):
            (folder / name).write_text((EXAMPLE / name).read_text("utf-8"), "utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new), "utf-8")

    def quickly(self) -> None:
        """Take an estimator that is several times as quick: for what depends on no number."""
        self.change("session.toml", "[estimator]", '[estimator]\nkind = "stationary"')

    def write(self, **sequence: Any) -> None:
        (self.folder / "channels.json").write_text(json.dumps(sequence), "utf-8")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_session_measures_all_images_of_a_sequence_together_and_each(bench: Bench) -> None:
    hil.run_session(bench.session, bench.url, trials=2)
    with hil.open_database(bench.url) as database:
        trials = database.trials("last", sort="number")
        frames = database.frames("last", 1)
        details = database.estimates("last")["details"][1]
        layout = database.session("last").extra["layout"]
    assert list(trials["state"]) == ["COMPLETE"] * 2
    assert frames.shape == (4, 2, 4, 64, 64)
    # Twice the exposure is twice the light: the images are those that the file asks for, in its order.
    light = frames.mean(axis=(0, 1, 3, 4)) - 99.5
    assert light / light[0] == pytest.approx([1, 1, 2, 2], rel=0.05)
    names = ["DAPI, z 0 um", "DAPI, z 2 um", "FITC, z 0 um", "FITC, z 2 um"]
    assert [plane["name"] for plane in details["planes"]] == names
    assert all(plane["ci_low"] < plane["bits_per_pixel"] for plane in details["planes"])
    assert layout["sequence"] == (EXAMPLE / "channels.json").read_text("utf-8")
    assert [plane["settings"]["Z.position_um"] for plane in layout["planes"]] == [0, 2, 0, 2]
    assert {plane["settings"]["Emission.Label"] for plane in layout["planes"]} == {
        "Chroma-HQ620",
        "Chroma-HQ535",
    }


def test_resume_goes_on_by_the_stored_sequence_and_replay_finds_the_same(bench: Bench) -> None:
    bench.quickly()
    hil.run_session(bench.session, bench.url, trials=1)
    bench.write(channels=CHANNELS)
    hil.resume_session("last", bench.url, trials=2)
    with hil.open_database(bench.url) as database:
        session = database.session("last").id
        assert database.frames("last", 1).shape == (4, 2, 4, 64, 64)
    replayed = replay_frames(session, bench.url, changes=Changes())
    with hil.open_database(bench.url) as database:
        pairs = compare(database, session, replayed.session_id).pairs
        again = database.estimates(replayed.session_id)["details"][0]["planes"]
        first = database.estimates(session)["details"][0]["planes"]
    assert len(pairs) == 2
    assert max(pair.moved_bits for pair in pairs) <= 1e-9
    assert [plane["name"] for plane in again] == [plane["name"] for plane in first]
    assert [plane["bits_per_pixel"] for plane in again] == pytest.approx(
        [plane["bits_per_pixel"] for plane in first], abs=1e-9
    )


def test_an_interval_is_kept_and_stored(bench: Bench) -> None:
    bench.write(channels=CHANNELS[:1], time_plan={"interval": 0.2, "loops": 2})
    bench.change("session.toml", "columns = 2, rows = 2", "columns = 1, rows = 1")
    bench.change("session.toml", "repeats = 2", "repeats = 1")
    hil.run_session(bench.session, bench.url, trials=1)
    with hil.open_database(bench.url) as database:
        layout = database.session("last").extra["layout"]
        device_s = database.trials("last", sort="number")["device_s"]
    assert [plane["after_s"] for plane in layout["planes"]] == [0, 0.2]
    assert [plane.after_s for plane in Baseline.from_json(layout).planes] == [0, 0.2]
    assert (device_s > 0.2).all()


def test_exposures_of_all_images_count(bench: Bench) -> None:
    bench.quickly()
    # 4 fields, 2 repeats, and 2 planes of 5 + 10 ms: 0.24 s.
    bench.change("session.toml", "[sampler]", "[constraints]\nmax_exposure_s = 0.23\n\n[sampler]")
    with pytest.raises(InputError, match=r"exposure_s is 0\.01 above"):
        hil.run_session(bench.session, bench.url)
    bench.change("session.toml", "0.23", "0.25")
    assert hil.run_session(bench.session, bench.url, trials=1).n_complete == 1


def test_it_is_measured_without_a_session_too(bench: Bench) -> None:
    bench.quickly()
    found = measure_rig(bench.folder / "rig.toml", session=bench.session, measurements=3)
    assert found.n_fields == 4
    assert found.settings["Camera.exposure_ms"] == 5, "as the rig is set up"
    # 50 electrons per ms for 10 ms, two ADU each: brighter than at 5 ms by any chance of the noise.
    assert found.brightest_share * 65535 > 1000


@pytest.mark.parametrize(
    ("sequence", "said"),
    [
        (
            {"channels": CHANNELS, "z_plan": {"absolute": [0, 25]}},
            r"z 25 um: Z.position_um = 25.* limit 20",
        ),
        ({"channels": [{"group": "Channel", "config": "DAPY"}]}, r"DAPY.*allowed.*DAPI"),
        ({"channels": [{"group": "Colour", "config": "DAPI"}]}, r"Preset.Colour"),
        ({"channels": [{**CHANNELS[0], "exposure": 70}]}, r"exposure_ms = 70.* limit 50"),
        ({"channels": [CHANNELS[0], {"config": "FITC"}]}, r"exposure_ms is set in one"),
        ({"channels": CHANNELS, "stage_positions": [[0, 0, 0]]}, r"stage_positions.*\[measure\]"),
        ({"z_plan": {"range": 4, "step": 2}}, r"z_plan: relative"),
    ],
)
def test_what_a_rig_does_not_take_is_refused(
    sequence: dict[str, Any], said: str, bench: Bench
) -> None:
    bench.write(**sequence)
    with pytest.raises(InputError, match=said) as refused:
        hil.run_session(bench.session, bench.url)
    assert "channels.json: " in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not (bench.folder / "hil.db").exists()


@pytest.mark.parametrize("other", ["Z.position_um", "Camera.exposure_ms", "Emission.Label"])
def test_what_it_moves_is_not_fixed_or_searched(other: str, bench: Bench) -> None:
    value = '"Chroma-HQ620"' if other.endswith("Label") else "5.0"
    fixed = f'[fixed]\n"{other}" = {value}\n\n[measure]'
    bench.change("session.toml", "[measure]", fixed)
    with pytest.raises(InputError, match=f"measure.sequence.*{other}"):
        hil.run_session(bench.session, bench.url)
    bench.change("session.toml", fixed, "[measure]")
    axis = f'[[search]]\nsetting = "{other}"\n'
    axis += f"choices = [{value}]\n" if other.endswith("Label") else "low = 4\nhigh = 10\n"
    bench.change("session.toml", "[sampler]", "[constraints]\nmax_exposure_s = 9\n\n[sampler]")
    bench.change("session.toml", "[measure]", f"{axis}\n[measure]")
    with pytest.raises(InputError, match=f"measure.sequence.*{other}"):
        hil.run_session(bench.session, bench.url)


def test_a_rig_without_sequences_and_a_file_that_is_not_there(bench: Bench) -> None:
    (bench.folder / "channels.json").unlink()
    with pytest.raises(InputError, match=r"measure.sequence: 'channels.json' cannot be read"):
        hil.run_session(bench.session, bench.url)
    (bench.folder / "rig.toml").write_text(small_session.RIG, "utf-8")
    text = small_session.SESSION.replace("repeats", 'sequence = "channels.json"\nrepeats')
    bench.session.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"measure.sequence: camera takes none, allowed"):
        hil.run_session(bench.session, bench.url)
    assert not (bench.folder / "hil.db").exists()


def test_what_it_moves_is_put_back_where_a_session_restores(bench: Bench) -> None:
    bench.quickly()
    bench.change("session.toml", "seed = 1", 'seed = 1\nat_end = "restore"')
    assert hil.run_session(bench.session, bench.url, trials=1).n_complete == 1
    with hil.open_database(bench.url) as database:
        layout = database.session("last").extra["layout"]
    moved = {"Z.position_um", "Camera.exposure_ms", "Emission.Label", "Dichroic.Label"}
    assert moved <= set(layout["before"])
