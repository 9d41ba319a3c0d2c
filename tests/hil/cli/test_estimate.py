"""``hil estimate``: frames on disk, as a user has them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tifffile
import zarr
from scipy.ndimage import gaussian_filter

from hil.cli.main import run

NOISE = ["--noise", "gaussian:sigma_adu=10"]
WHITE = np.random.default_rng(0).normal(0, 10, (8, 2, 64, 64))
SCENE = np.random.default_rng(1).normal(500, 10, (8, 1, 64, 64))
FRAMES = np.rint(SCENE + WHITE).astype(np.uint16)  # as much signal as noise: 0.5 bit


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("frames.npy", FRAMES)
    return tmp_path


def estimated(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["estimate", *arguments, "--format", "json"]) == 0, capsys.readouterr().err
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_table_says_what_was_estimated(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["estimate", "frames.npy", *NOISE, "--patch-size", "8"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert float(lines["information"].split()[0]) == pytest.approx(0.5, abs=0.02)
    assert lines["frames"] == "8 fields, 2 repeats, 64 x 64 pixels, uint16, axes read as fryx"
    assert lines["estimator"] == "predictive, 1024 patches of 8 x 8 pixels"
    assert lines["flags"] == "lower_bound_limited"
    assert "by repeats (95%)" in lines["lower"]
    assert 0.05 < float(lines["lower"].split()[1]) < 0.5


def test_the_picture_comes_with_its_verdicts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["estimate", "frames.npy", *NOISE, "--patch-size", "8", "--plot", "p.png"]) == 0
    out = capsys.readouterr().out
    assert "patch size   8 pixels are enough" in out
    assert "fields       8 are enough" in out
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    found = estimated(capsys, "frames.npy", *NOISE, "--patch-size", "8", "--plot", "p.png")
    curve = found["sufficiency"]["by_patch_size"]
    assert [point["patch_size"] for point in curve] == [2, 4, 6, 8, 12]
    assert curve[3]["bits_per_pixel"] == found["bits_per_pixel"]
    assert found["sufficiency"]["fields"]["enough"] is True


def test_patches_are_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = np.ones((64, 64), bool)
    mask[:, :20] = False
    spoilt = FRAMES.copy()
    spoilt[..., ~mask] = 60_000
    np.save("spoilt.npy", spoilt)
    np.save("mask.npy", mask)
    tifffile.imwrite("mask.tif", mask.astype(np.uint8) * 255)
    arguments = ["spoilt.npy", *NOISE, "--patch-size", "4"]
    by_npy = estimated(capsys, *arguments, "--mask", "mask.npy")
    by_tif = estimated(capsys, *arguments, "--mask", "mask.tif")
    assert by_npy["bits_per_pixel"] == pytest.approx(0.5, abs=0.02)
    assert by_tif["bits_per_pixel"] == by_npy["bits_per_pixel"]
    assert by_npy["n_patches"] == 16 * 16 * 11
    dense = estimated(capsys, *arguments, "--mask", "mask.npy", "--stride", "2")
    assert dense["n_patches"] > 3 * by_npy["n_patches"]
    options = ["--estimator", "gaussian", "--patches", "320", "--mask", "mask.npy"]
    first, again, other = (
        estimated(capsys, *arguments, *options, "--seed", seed) for seed in ("1", "1", "2")
    )
    assert first["n_patches"] == 320
    assert first["bits_per_pixel"] == again["bits_per_pixel"] != other["bits_per_pixel"]


def test_axes_channels_and_clip_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = estimated(capsys, "frames.npy", *NOISE, "--axes", "fcyx", "--channel", "1")
    assert found["shape"] == [8, 1, 64, 64]
    clipped = estimated(capsys, "frames.npy", *NOISE, "--saturation-adu", "500")
    assert "saturated" in clipped["flags"]
    assert clipped["details"]["saturated_share"] == pytest.approx(0.5, abs=0.03)


TINY = "features=2 layers=1 units=4 components=1 reach=1 steps=2 check_every=1".split()


def test_the_network_takes_its_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [word for option in TINY for word in ("--option", option)]
    arguments = ["frames.npy", *NOISE, "--patch-size", "4", "--estimator", "pixelcnn"]
    found = estimated(capsys, *arguments, "--patches", "320", *options)
    assert found["estimator"] == "pixelcnn"
    assert max(found["details"]["steps"]) <= 2
    assert found["bits_per_pixel"] == pytest.approx(0.5, abs=0.05)


def test_best_with_the_network_names_what_it_chose(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word for option in TINY for word in ("--option", option)]
    arguments = ["frames.npy", *NOISE, "--patch-size", "4", "--estimator", "best+pixelcnn"]
    found = estimated(capsys, *arguments, "--patches", "320", *options)
    details = found["details"]
    assert found["estimator"] == "best+pixelcnn"
    compared = details["compared_nats"]
    assert "pixelcnn" in compared
    assert compared[details["chosen"]] == min(compared.values())
    assert found["details"]["held_out_bits"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("estimator", ["pixelcnn", "best+pixelcnn"])
def test_training_shows_on_a_terminal(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    estimator: str,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    options = [word for option in TINY for word in ("--option", option)]
    arguments = ["--patch-size", "4", "--estimator", estimator, "--patches", "320", *options]
    assert run(["estimate", "frames.npy", *NOISE, *arguments]) == 0
    shown = capsys.readouterr().err
    assert all(f"network {k} of 5" in shown for k in range(1, 6))


def test_json_knows_no_nan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # two fields of one patch each leave nothing to see the scatter of
    np.save("few.npy", FRAMES.reshape(2, 16, -1)[..., :64].reshape(2, 16, 8, 8))
    found = estimated(capsys, "few.npy", *NOISE, "--patch-size", "8", "--estimator", "gaussian")
    assert found["ci_low"] is None
    assert "too_few_units" in found["flags"]


@pytest.mark.parametrize("adu", [65535, 700], ids=["wholly saturated", "constant"])
def test_frames_of_one_value_are_no_silent_number(
    folder: Path, capsys: pytest.CaptureFixture[str], adu: int
) -> None:
    np.save("flat.npy", np.full((5, 32, 32), adu, np.uint16))
    assert run(["estimate", "flat.npy", "--noise", "poisson"]) == 0
    out = capsys.readouterr().out
    assert "noise_mismatch" in out
    assert ("saturated" in out) == (adu == 65535)
    assert f"all pixels read {adu} ADU" in out


class Wrong(NamedTuple):
    says: str
    arguments: str
    words: str
    noise: str = "gaussian:sigma_adu=10"


WRONG = [
    Wrong("another kind of file", "frames.csv", "frames.csv: is of no known kind"),
    Wrong("cut off", "cut.npy", "cut.npy: cannot be read: it ends before"),
    Wrong("NaN", "nan.npy", "nan.npy: 1 of 65536 pixels are NaN"),
    Wrong("objects", "objects.npy", "objects.npy: cannot be read"),
    Wrong("colour", "colour.tif", "colour.tif: holds colour images"),
    Wrong("complex", "complex.npy", "complex.npy: hold complex128"),
    Wrong("a mask of another size", "frames.npy --mask small.npy", "--mask: "),
    Wrong("a mask of fractions", "frames.npy --mask nan.npy", "nan.npy: holds float64"),
    Wrong("no mask", "frames.npy --mask none.npy", "none.npy: no such file"),
    Wrong("no folder", "frames.npy --plot no/p.png", "--plot: no/p.png: allowed: a .png"),
    Wrong("no picture", "frames.npy --plot p.doc", "--plot: p.doc: allowed: a .png"),
    Wrong("a folder", "frames.npy --plot folder.png", "--plot: folder.png: allowed: a .png"),
    Wrong("axes", "frames.npy --axes fyx", "--axes: 'fyx' names 3 axes"),
    Wrong("a channel", "frames.npy --channel 0", "--channel: 0; frames.npy has no channel axis"),
    Wrong("an option of none", "frames.npy --option steps=1", "default has no options"),
    Wrong("an option without value", "frames.npy --option steps", "--option: steps: needs a value"),
    Wrong("an option misspelt", "frames.npy --estimator pixelcnn --option step=1", "'steps'"),
    Wrong("an option below 1", "frames.npy --estimator pixelcnn --option steps=0", "from 1"),
    Wrong("an option in words", "frames.npy --estimator pixelcnn --option steps=x", "from 1"),
    Wrong("averaging", "frames.npy --estimator pixelcnn --option averaging=1", "between 0 and 1"),
    Wrong("an estimator", "frames.npy --estimator best2", "--estimator: no estimator 'best2'"),
    Wrong("a patch", "frames.npy --patch-size 65", "--patch-size: 65; allowed: 2 to 64"),
    Wrong("a large patch", "few.npy --patch-size 40", "--patch-size: 40 is larger than the frame"),
    Wrong("a stride", "frames.npy --stride 0", "--stride: 0; allowed"),
    Wrong("patches", "frames.npy --patches 3", "--patches: 3; allowed"),
    Wrong("confidence", "frames.npy --confidence 1.2", "--confidence: 1.2; allowed: between 0"),
    Wrong("a clip", "frames.npy --saturation-adu -1", "--saturation-adu: -1; allowed"),
    Wrong("a format", "frames.npy --format xml", "--format"),
    Wrong("noise", "frames.npy", "--noise: sigma_adu: ", "gaussian:sigma_adu=0"),
    Wrong("two noises", "frames.npy --noise poisson", "--noise: is 2 models"),
    Wrong("fractions under counts", "half.npy", "half.npy: PoissonNoise", "poisson"),
    Wrong("a width per pixel", "frames.npy", "--noise: sigma_file: ", "gaussian:sigma_file=x.npy"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.says)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], wrong: Wrong
) -> None:
    (folder / "cut.npy").write_bytes((folder / "frames.npy").read_bytes()[:-500])
    (folder / "frames.csv").write_text("1,2")
    (folder / "folder.png").mkdir()
    np.save(
        "nan.npy",
        np.where(np.arange(65536) == 7, math.nan, FRAMES.reshape(-1)).reshape(FRAMES.shape),
    )
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save("complex.npy", FRAMES + 0j)
    np.save("half.npy", FRAMES + 0.5)
    np.save("few.npy", FRAMES[:, 0, :32, :32])
    np.save("small.npy", np.ones((20, 20), bool))
    tifffile.imwrite("colour.tif", np.zeros((4, 32, 32, 3), np.uint8), photometric="rgb")
    before = sorted(folder.rglob("*"))
    assert run(["estimate", *wrong.arguments.split(), "--noise", wrong.noise]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert wrong.words in said.err
    assert said.out == ""
    assert sorted(folder.rglob("*")) == before


def test_estimate_reads_what_people_have(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    frames = rng.poisson(80, (8, 64, 64)).astype(np.uint16)
    np.save(folder / "frames.npy", frames)
    np.savez(folder / "frames.npz", frames=frames)
    tifffile.imwrite(folder / "frames.tif", frames)
    answers = set()
    for name in ("frames.npy", "frames.npz", "frames.tif"):
        assert run(["estimate", name, "--noise", "poisson", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        answers.add(found["bits_per_pixel"])
        assert abs(found["bits_per_pixel"]) < 0.02
    assert len(answers) == 1
    assert run(["estimate", "frames.npy", "--noise", "poison"]) == 2
    assert "'poisson'" in capsys.readouterr().err


def test_frames_that_were_never_written_are_left_out_and_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    array = zarr.create_array(
        "stopped.zarr", shape=(12, 2, 64, 64), dtype="u2", chunks=(1, 1, 64, 64)
    )
    array[:8] = FRAMES
    assert run(["estimate", "stopped.zarr", *NOISE]) == 2
    assert "8 of 24 frames are incomplete" in capsys.readouterr().err
    found = estimated(capsys, "stopped.zarr", *NOISE, "--allow-missing")
    whole = estimated(capsys, "frames.npy", *NOISE)
    assert found["bits_per_pixel"] == whole["bits_per_pixel"]
    assert run(["estimate", "stopped.zarr", *NOISE, "--allow-missing"]) == 0
    assert "left out     8 of 24 frames, which are incomplete" in capsys.readouterr().out


@pytest.mark.parametrize("repeats", [1, 2])
def test_codes_that_were_shifted_up_are_recognised_in_files(
    folder: Path, capsys: pytest.CaptureFixture[str], repeats: int
) -> None:
    noise = ["--noise", "camera:gain_e_per_adu=0.5,offset_adu=100,read_noise_e=1.6,bit_depth=12"]
    rng = np.random.default_rng(4)
    light = gaussian_filter(rng.normal(0, 500, (8, 1, 64, 64)), (0, 0, 1.5, 1.5)) + 600
    electrons = rng.poisson(light.clip(1), (8, repeats, 64, 64))
    frames = np.rint((electrons + rng.normal(0, 1.6, electrons.shape)) / 0.5 + 100)
    frames = np.clip(frames, 0, 4095).astype(np.uint16)
    frames = frames if repeats > 1 else frames[:, 0]
    axes = ["--axes", "fryx" if repeats > 1 else "fyx"]
    tifffile.imwrite("plain.tif", frames)
    tifffile.imwrite("shifted.tif", frames << 4, compression="lzw")
    plain = estimated(capsys, "plain.tif", *noise, *axes)
    shifted = estimated(capsys, "shifted.tif", *noise, *axes)
    assert "code_step" in shifted["flags"]
    assert shifted["bits_per_pixel"] == pytest.approx(plain["bits_per_pixel"], abs=0.02)
