from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
import zarr

import hil
from hil.cli.main import run
from hil.information import estimate_information
from hil.noise import parse_noise
from hil.replay.files import recording_of_files, settings_of
from tests.hil.frames.written import ndtiff

NOISE = "camera:gain_e_per_adu=0.5,offset_adu=100,read_noise_e=1.6,bit_depth=16"


def stack(seed: int) -> np.ndarray:
    """Two fields of view with two repeats each, of blobs in shot noise."""
    rng = np.random.default_rng(seed)
    scene = rng.gamma(2.0, 60.0, (2, 1, 8, 8)).repeat(5, 2).repeat(5, 3)
    electrons = rng.poisson(np.broadcast_to(scene, (2, 2, 40, 40))) + rng.normal(
        0, 1.6, (2, 2, 40, 40)
    )
    return np.round(electrons / 0.5 + 100).clip(0, 65535).astype(np.uint16)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return tmp_path


def write(kind: str, name: str, frames: np.ndarray) -> str:
    path = Path(f"{name}.{kind}")
    if kind == "npy":
        np.save(path, frames)
    elif kind == "tif":
        tifffile.imwrite(path, frames)
    else:
        stored = zarr.create_array(path, data=frames)
        del stored
    return path.name


@pytest.mark.parametrize("kind", ["npy", "tif", "zarr"])
def test_imported_frames_have_the_estimates_of_the_arrays(kind: str) -> None:
    files = [write(kind, f"part{i}", stack(i)) for i in range(2)]
    Path("t.csv").write_text("Z.position_um,wheel.Label\n1,DAPI\n2.5,FITC\n", encoding="utf-8")
    options = ["--settings", "t.csv", "--noise", NOISE, "--estimator", "gaussian"]
    if kind == "tif":
        options += ["--axes", "fryx"]
    assert run(["import", *files, *options, "--patch-size", "8"]) == 0
    with hil.open_database() as database:
        table = database.trials("last")
        assert np.array_equal(database.frames("last", 1), stack(1))
    wanted = [
        estimate_information(
            stack(i), parse_noise(NOISE), estimator="gaussian", patch_size=8, seed=0
        ).bits_per_pixel
        for i in range(2)
    ]
    assert list(table["objective"]) == pytest.approx(wanted, abs=1e-9)
    assert list(table["Z.position_um"]) == [1.0, 2.5]
    assert list(table["wheel.Label"]) == ["DAPI", "FITC"]


def test_one_file_holds_all_rows_and_the_session_replays() -> None:
    write("npy", "all", np.concatenate([stack(0), stack(1)]))
    Path("t.csv").write_text("Z.position_um\n1\n2\n", encoding="utf-8")
    options = ["--settings", "t.csv", "--noise", NOISE, "--estimator", "gaussian"]
    assert run(["import", "all.npy", *options]) == 0
    assert run(["replay", "last", "--frames", "--check"]) == 0


def test_settings_stand_in_the_names_of_files_and_the_session_has_the_name_given() -> None:
    for z in (10, 2, 1):
        np.save(f"run_z{z}.npy", stack(z))
    Path("frames").mkdir()
    for path in Path().glob("run_*"):
        path.rename(Path("frames") / path.name)
    options = ["--pattern", "run_z{focus.z_um}", "--noise", NOISE, "--estimator", "gaussian"]
    assert run(["import", "frames", *options, "-o", "old stack"]) == 0
    with hil.open_database() as database:
        assert list(database.trials("last")["focus.z_um"]) == [1, 2, 10]
        assert np.array_equal(database.frames("last", 2), stack(10))
        assert database.session("last").name == "old stack"
    assert run(["replay", "last", "--frames", "--check"]) == 0


def test_settings_are_what_micro_manager_says_of_each_frame() -> None:
    planes = {(("position", p), ("z", z)): stack(z)[p, 0] for p in range(2) for z in range(3)}
    ndtiff(Path("run"), planes, {}, lambda axes: {"ZPositionUm": axes["z"] - 1.0})
    options = ["--noise", NOISE, "--estimator", "gaussian", "--patch-size", "8"]
    assert run(["import", "run", *options]) == 0
    with hil.open_database() as database:
        table = database.trials("last")
        assert list(table["focus.position_um"]) == [-1, 0, 1]
        assert np.array_equal(database.frames("last", 1)[:, 0], stack(1)[:, 0])
        wanted = estimate_information(
            stack(1)[:, :1], parse_noise(NOISE), estimator="gaussian", patch_size=8, seed=0
        )
    assert table["objective"][1] == pytest.approx(wanted.bits_per_pixel, abs=1e-9)
    assert run(["replay", "last", "--frames", "--check"]) == 0


def test_a_table_may_be_parquet() -> None:
    pd.DataFrame({"Z.position_um": [1, 2], "wheel.Label": ["a", "b"]}).to_parquet("t.parquet")
    write("npy", "all", np.concatenate([stack(0), stack(1)]))
    options = ["--settings", "t.parquet", "--noise", NOISE, "--estimator", "gaussian"]
    assert run(["import", "all.npy", *options]) == 0
    with hil.open_database() as database:
        assert list(database.trials("last")["wheel.Label"]) == ["a", "b"]


def test_without_a_table_files_that_say_nothing_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.save("a.npy", stack(0))
    assert run(["import", "a.npy", "--noise", NOISE]) == 2
    assert "a.npy: says no settings; allowed: a table" in capsys.readouterr().err
    both = ["--settings", "t.csv", "--pattern", "{a.b}"]
    assert run(["import", "a.npy", "--noise", NOISE, *both]) == 2
    assert "either --settings or --pattern" in capsys.readouterr().err
    assert not Path("hil.db").exists()


WRONG = [
    (["a.npy"], "Z.position_um\n1\n2\n3\n", "has 3 rows, and there are 2 fields of view"),
    (["a.npy", "b.npy"], "Z.position_um\n1\n2\n", "those of row 1"),
    (["none.npy"], "Z.position_um\n1\n", "no such file"),
    (["c.npy"], "Z.position_um\n1\n", "holds float64"),
    (["a.npy"], "file,Z.position_um\nx.npy,1\n", "no such file"),
    (["a.npy"], "file,Z.position_um\na.npy,1\na.npy,2\n", "a.npy would be the frames of several"),
    (["a.npy", "a.npy"], "Z.position_um\n1\n2\n", "a.npy would be the frames of several rows"),
    (["a.npy"], "Cam.exposure_ms\n5\n-5\n", "row 2 holds -5, allowed: milliseconds"),
    (["a.npy"], "Cam.exposure_ms\nlong\nshort\n", "row 1 holds 'long', allowed: milliseconds"),
    (["a.npy"], "frames.field\n1\n2\n", "allowed: another name"),
    (["a.npy"], "Z.position_um\n1,5\n2,5\n", "row 1: has 2 cells, and the head 1"),
]


@pytest.mark.parametrize(("files", "table", "told"), WRONG)
def test_what_does_not_match_is_one_line_and_nothing_is_written(
    files: list[str], table: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("a.npy", stack(0))
    np.save("b.npy", stack(1)[:, :, :30])
    np.save("c.npy", stack(1).astype(float))
    Path("t.csv").write_text(table, encoding="utf-8")
    assert run(["import", *files, "--settings", "t.csv", "--noise", NOISE]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    assert not Path("hil.db").exists()


def test_a_folder_may_hold_what_macos_puts_beside_files() -> None:
    Path("frames").mkdir()
    for i in range(2):
        write("npy", f"frames/z{i}", stack(i))
        Path(f"frames/._z{i}.npy").write_bytes(b"\0\5\x16\7" * 20)
    table, axes = settings_of([Path("frames")], None, "z{Z.position_um}")
    recording = recording_of_files([Path("frames")], table, axes)
    assert [trial.requested for trial in recording.trials] == [{"Z.position_um": i} for i in (0, 1)]
    assert np.array_equal(recording.pixels(1, 0), stack(1)[0])


def test_a_folder_may_hold_a_single_file_that_says_its_settings() -> None:
    Path("frames").mkdir()
    told = {"axes": "ZYX", "spacing": 0.5, "unit": "um"}
    tifffile.imwrite("frames/a.tif", stack(0)[0], imagej=True, metadata=told)
    table, axes = settings_of([Path("frames")], None, None)
    recording = recording_of_files([Path("frames")], table, axes)
    assert [trial.requested["focus.position_um"] for trial in recording.trials] == [0, 0.5]
    assert np.array_equal(recording.pixels(1, 0)[0], stack(0)[0, 1])
