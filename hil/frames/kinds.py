"""What a file is, by how it begins: names lie."""

from __future__ import annotations

from pathlib import Path

_TIFF = {b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF"}
_TIFF |= {b"II\x4e\x31": "TIFF", b"MM\x4e\x31": "TIFF", b"EP*\0": "TIFF"}
_BEGINS = {
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x89HDF": "HDF5",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"%PDF": "PDF",
    b"SIMPLE": "FITS",
    b"MATLAB": "MATLAB",
    b"\x1f\x8b": "gzip",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"\xda\xce\xbe\x0a": "ND2",
    b"DCIMG": "DCIMG",
    b"\x80\x04": "pickle",
    b"\x80\x05": "pickle",
    b"RIFF": "WebP or AVI",
    b"ZISRAW": "CZI",
    b"\0\0\0\0\0\0\0\0": "empty space (zeros)",
}


def kind_of(path: Path) -> str:
    """Say what a file begins as; empty where that is not known, ``nothing`` for an empty one."""
    with path.open("rb") as file:
        start = file.read(256)
    if not start:
        return "nothing"
    if start[128:132] == b"DICM":
        return "DICOM"
    for known in (_TIFF, _BEGINS):
        for begins, kind in known.items():
            if start.startswith(begins):
                return kind
    if start.lstrip(b"\xef\xbb\xbf \r\n\t")[:5] in (b"<?xml", b"<OME "):
        return "XML"
    return ""
