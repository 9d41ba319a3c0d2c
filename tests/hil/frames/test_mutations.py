"""Files in which some bytes were changed, or that were cut: read, or refused in one line."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES
from tests.hil.frames.written import companion, mm_stacks, ndtiff, ome_zarr

IMAGES = FRAMES[:, 0]
N = 25


def zipped(folder: Path) -> None:
    ome_zarr(zarr.open_group(str(folder / "s.zarr"), mode="w"), IMAGES, "tyx")
    shutil.make_archive(str(folder / "a"), "zip", folder / "s.zarr")
    shutil.rmtree(folder / "s.zarr")


def sharded(folder: Path) -> None:
    zarr.create_array(str(folder / "a.zarr"), data=IMAGES, chunks=(1, 12, 20), shards=(5, 24, 20))


WRITTEN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "TIFF": ("a.tif", lambda folder: tifffile.imwrite(folder / "a.tif", IMAGES)),
    "LZW": ("a.tif", lambda folder: tifffile.imwrite(folder / "a.tif", IMAGES, compression="lzw")),
    "JPEG 2000": ("a.tif", lambda folder: tifffile.imwrite(folder / "a.tif", IMAGES, compression="jpeg2000")),
    "OME-TIFF": ("a.ome.tif", lambda folder: tifffile.imwrite(folder / "a.ome.tif", IMAGES, metadata={"axes": "TYX"})),
    "stacks": ("", lambda folder: mm_stacks(folder, FRAMES[:, None], ("a", "b"))),
    "NDTiff": ("a", lambda folder: ndtiff(folder / "a", {(("time", k),): IMAGES[k] for k in range(5)}, {})),
    "companion": ("run.companion.ome", lambda folder: companion(folder, IMAGES)),
    "OME-Zarr 2": ("a.zarr", lambda folder: ome_zarr(zarr.open_group(str(folder / "a.zarr"), mode="w", zarr_format=2), IMAGES, "tyx")),
    "shards": ("a.zarr", sharded),
    "zip": ("a.zip", zipped),
    "npy": ("a.npy", lambda folder: np.save(folder / "a.npy", FRAMES)),
    "npz": ("a.npz", lambda folder: np.savez_compressed(folder / "a.npz", FRAMES)),
}  # fmt: skip


def mutate(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if chance.random() < 0.2:
        path.write_bytes(content[: chance.randrange(len(content))])
        return
    for _ in range(chance.choice([1, 2, 8, 40])):
        near = min(len(content), 400) if chance.random() < 0.6 else len(content)
        content[chance.randrange(near)] = chance.choice([0, 255, chance.randrange(256)])
    path.write_bytes(content)


@pytest.mark.parametrize("kind", WRITTEN)
def test_never_anything_but_frames_or_a_line(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, write = WRITTEN[kind]
    (tmp_path / "whole").mkdir()
    write(tmp_path / "whole")
    assert open_frames(tmp_path / "whole" / name)[0].size
    for seed in range(N):
        chance = random.Random(seed)
        folder = Path(shutil.copytree(tmp_path / "whole", tmp_path / str(seed)))
        files = sorted(one for one in folder.rglob("*") if one.is_file() and one.stat().st_size)
        mutate(chance.choice(files), chance)
        try:
            found = open_frames(folder / name, allow_missing=bool(seed % 2))
            assert all(found[k].shape == found.shape[1:] for k in range(min(found.shape[0], 8)))
        except InputError as error:
            assert "\n" not in str(error)
        assert capsys.readouterr() == ("", "")
