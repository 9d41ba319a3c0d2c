"""Arrays in files: archives, objects, damage."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.cli.main import run
from hil.errors import InputError
from hil.frames.files import open_frames, read_frames
from tests.hil.frames.stored import FRAMES


def test_large_compressed_archives_are_refused(tmp_path: Path) -> None:
    # a header alone: what follows it is not looked at
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<u2", "fortran_order": False, "shape": (600, 1024, 1024)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", header.getvalue())
    with pytest.raises(InputError, match=r"holds 1\.2 GiB compressed.*as \.npy or \.zarr"):
        open_frames(tmp_path / "a.npz")


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"a\.npy: cannot be read"):
        read_frames(path)


def test_ambiguous_archives_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=FRAMES, y=FRAMES)
    with pytest.raises(InputError, match=r"arrays x, y; allowed: one array"):
        read_frames(tmp_path / "a.npz")


def test_files_that_are_larger_than_memory_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with path.open("wb") as file:  # 2 TiB, of which the disk holds next to nothing
        about = {"descr": "<u2", "fortran_order": False, "shape": (2**20, 1024, 1024)}
        np.lib.format.write_array_header_1_0(file, about)
        start = file.tell()
        try:
            file.truncate(start + 2**41)
        except OSError:
            pytest.skip("the disk holds no sparse files of that size")
    found = open_frames(path)
    assert found.shape == (2**20, 1, 1024, 1024)
    assert found[2**20 - 1].max() == 0


@pytest.mark.parametrize("kind", ["M8[s]", "S3", "U3", [("a", "u2"), ("b", "f4")]])
def test_what_is_no_number_is_refused(
    tmp_path: Path, kind: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 32, 32), kind))
    assert run(["estimate", str(tmp_path / "a.npy"), "--noise", "poisson"]) == 2
    said = capsys.readouterr().err
    assert "allowed: integers or real numbers" in said
    assert said.count("\n") == 1
