"""docs/image_files.md: each sentence in it is what the program says, and none is left out."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from hil.cli.main import run
from tests.hil.frames.stored import FRAMES
from tests.hil.frames.written import companion

PAGE = Path(__file__).parents[3] / "docs" / "image_files.md"
ROWS = dict(
    re.fullmatch(r"\| (.+?) \| `(.+)` \|", line).groups()  # type: ignore[union-attr]
    for line in PAGE.read_text(encoding="utf-8").split("## Refusals")[1].splitlines()
    if line.startswith("|") and "`" in line
)
IMAGES = FRAMES[:, 0]
BYTES = (np.tile(IMAGES, (1, 2, 2)) // 16).astype(np.uint8)


def tiff(*arrays: np.ndarray, **how: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with tifffile.TiffWriter(folder / "a.tif", imagej=how.pop("imagej", False)) as file:
            for array in arrays:
                file.write(array, **how)
        return folder / "a.tif"

    return write


def npy(array: np.ndarray) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.save(folder / "a.npy", array, allow_pickle=True)
        return folder / "a.npy"

    return write


def store(shape: tuple[int, ...], *written: tuple[int, ...]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        chunks = (1,) * (len(shape) - 2) + shape[-2:]
        array = zarr.create_array(str(folder / "a.zarr"), shape=shape, chunks=chunks, dtype="u2")
        for place in written:
            array[place] = IMAGES[0]
        return folder / "a.zarr"

    return write


def content(name: str, what: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(what)
        return folder / name

    return write


def changed(written: Callable[[Path], Path], **tags: int) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with tifffile.TiffFile(written(folder), mode="r+") as file:
            for name, value in tags.items():
                file.pages[0].tags[name].overwrite(value)
        return folder / "a.tif"

    return write


def cut(written: Callable[[Path], Path], kept: float) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = written(folder)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(kept * len(whole))])
        return path

    return write


def folder_of(name: str, *within: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).mkdir()
        for one in within:
            (folder / name / one).write_text("x")
        return folder / name

    return write


def groups(folder: Path) -> Path:
    zarr.open_group(str(folder / "a.zarr"), mode="w").create_group("b").create_array(
        "c", data=IMAGES
    )
    return folder / "a.zarr"


def part_of_zarr(folder: Path) -> Path:
    return store((2, 24, 20), (0,), (1,))(folder) / "zarr.json"


def many_chunks(folder: Path) -> Path:
    path = store((2, 24, 20), (0,), (1,))(folder)
    says = json.loads((path / "zarr.json").read_text())
    says["shape"][0] = 10**9
    (path / "zarr.json").write_text(json.dumps(says))
    return path


def zip_of(name: str, what: bytes, suffix: str = ".zip") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        with zipfile.ZipFile(folder / f"a{suffix}", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, what)
        return folder / f"a{suffix}"

    return write


def npz(folder: Path) -> Path:
    np.savez(folder / "a.npz", x=IMAGES, y=IMAGES)
    return folder / "a.npz"


def large_header() -> bytes:
    header = io.BytesIO()
    about = {"descr": "<u2", "fortran_order": False, "shape": (600, 1024, 1024)}
    np.lib.format.write_array_header_1_0(header, about)
    return header.getvalue()


def without(lacking: str, given: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        companion(folder, IMAGES)
        (folder / lacking).unlink()
        return folder / given

    return write


OME = b'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"/>'
COLOURS = np.random.default_rng(0).integers(0, 65535, (3, 256)).astype(np.uint16)
WRITTEN: dict[str, Callable[[Path], Path]] = {
    "lossy compression": tiff(BYTES, compression="jpeg"),
    "compression that may be lossy": tiff(BYTES, compression="jpegxr"),
    "MinIsWhite": tiff(BYTES, photometric="miniswhite"),
    "palette": tiff(BYTES, photometric="palette", colormap=COLOURS),
    "a mosaic, inks, Lab, YCbCr": changed(tiff(IMAGES[0]), PhotometricInterpretation=32803),
    "RGB": tiff(np.zeros((24, 20, 3), np.uint8), photometric="rgb"),
    "arrays that look like RGB": npy(np.zeros((4, 24, 20, 3), np.uint8)),
    "complex numbers, booleans": npy(IMAGES > 9),
    "NaN or infinity": tiff(np.where(IMAGES == IMAGES[0, 0, 0], np.nan, IMAGES).astype("f4")),
    "frames never written": store((3, 24, 20), (0,), (1,)),
    "images lacking in TIFF": cut(tiff(IMAGES, compression="zlib"), 0.9),
    "nothing was written": store((3, 24, 20)),
    "no field is whole": store((2, 2, 24, 20), (0, 0), (1, 1)),
    "cut off": cut(npy(IMAGES), 0.7),
    "damaged TIFF": cut(tiff(*IMAGES, metadata=None), 0.7),
    "few bytes for a large image": changed(
        tiff(BYTES[0], compression="zlib", metadata=None),
        ImageWidth=2**17, ImageLength=2**17, RowsPerStrip=2**17,
    ),
    "empty file": content("a.tif", b""),
    "arrays without frames": npy(IMAGES[:0]),
    "another kind under this name": content("a.tif", b"\x89PNG\r\n\x1a\n"),
    "an unknown kind": content("a.csv", b"1,2"),
    "images that differ": tiff(IMAGES[0], IMAGES[0, :20]),
    "fields or repeats": tiff(FRAMES, imagej=True, metadata={"axes": "TZYX"}),
    "many channels without names": tiff(IMAGES, imagej=True, metadata={"axes": "CYX"}),
    "frames on the last axis": npy(IMAGES.transpose(1, 2, 0)),
    "more axes than five": npy(FRAMES[None, None]),
    "several arrays": npz,
    "groups of Zarr without images": groups,
    "a folder of nothing": folder_of("a"),
    "a .zarr that is none": folder_of("a.zarr", "b.txt"),
    "a zip without Zarr": zip_of("a.txt", b"x"),
    "a file out of a Zarr store": part_of_zarr,
    "too many chunks": many_chunks,
    "Python objects": npy(np.array([{}], dtype=object)),
    "a large compressed .npz": zip_of("a.npy", large_header(), ".npz"),
    "OME-XML without its TIFF": without("t2.ome.tif", "run.companion.ome"),
    "TIFF without its OME-XML": without("run.companion.ome", "t2.ome.tif"),
    "OME-XML that names no TIFF": content("a.ome", OME),
}  # fmt: skip


def test_every_sentence_of_the_page_is_tried() -> None:
    assert set(ROWS) == set(WRITTEN)


@pytest.mark.parametrize("row", WRITTEN)
def test_the_page_says_what_the_program_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str
) -> None:
    path = WRITTEN[row](tmp_path)
    more = ["--allow-missing"] if "; no" in ROWS.get(row, "") else []
    status = run(["estimate", str(path), "--noise", "gaussian:sigma_adu=10", *more])
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    sentence = re.escape(ROWS[row]).replace(re.escape("..."), ".+")
    assert re.fullmatch(rf"error: .*{re.escape(path.name)}: {sentence}\n", said.err), said.err
