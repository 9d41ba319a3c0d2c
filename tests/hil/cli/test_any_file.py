"""Every command that reads a file which a person names: whatever lies there, one line, status 2."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from drivers import given
from hil.cli.main import run
from hil.session.run import run_session
from tests.hil.small_session import RIG, SESSION

# The X is the file.
READS = [
    "run X",
    "run session.toml --rig X",
    "run session.toml --rehearse --on X",
    "run session.toml --rehearse --faults X",
    "check X",
    "check session.toml --rig X",
    "resume last --trials 9 --rig X",
    "join last --rig X",
    "apply last --best --rig X",
    "park X",
    "calibrate X",
    "measure X",
    "measure rig.toml --session X",
    "record X --settings set.csv",
    "record rig.toml --settings X",
    "record rig.toml --settings set.csv --session X",
    "scan X --setting focus.z_um --from 0 --to 1 --steps 3",
    "scan rig.toml --setting focus.z_um --from 0 --to 1 --steps 3 --session X",
    "import X --noise poisson",
    "import frames.npy --settings X --noise poisson",
    "estimate X --noise poisson",
    "estimate frames.npy --mask X --noise poisson",
    "replay last --on X",
    "design X",
    "design session.toml --on X",
    "passport X",
    "rig check X",
    "rig init X",
    "rig init --visa X",
    "modes check X",
    "modes check rig.toml --against X",
    "twin fit last X -o twin.toml",
    "doctor X",
]


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rig, a session that was run, frames, and what no command can read."""
    folder = tmp_path_factory.mktemp("laboratory")
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    session = SESSION.replace("trials = 6", "trials = 2")
    (folder / "session.toml").write_text(session, encoding="utf-8")
    (folder / "set.csv").write_text("focus.z_um\n0\n1\n", encoding="utf-8")
    np.save(folder / "frames.npy", np.full((4, 32, 32), 100, np.uint16))
    run_session(folder / "session.toml", f"sqlite:///{folder / 'hil.db'}")
    (folder / "folder").mkdir()
    if os.name != "nt":
        for ending in ("", ".toml", ".csv", ".npy", ".npz"):
            os.mkfifo(folder / f"pipe{ending}")
            (folder / f"device{ending}").symlink_to("/dev/zero")
    return folder


def refused(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> bool:
    began_s = time.process_time()
    status = run(list(words))
    told = capsys.readouterr().err
    errors = [line for line in told.splitlines() if line.startswith("error: ")]
    return status == 2 and len(errors) == 1 and time.process_time() - began_s < 20


@pytest.mark.skipif(os.name == "nt", reason="no pipes and devices that lie in a folder")
@pytest.mark.parametrize("command", READS)
def test_what_is_no_file_is_one_line_and_status_2(
    command: str,
    laboratory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(laboratory)
    monkeypatch.setattr(given, "PIPE_S", 0.1)
    for name in ("HIL_DATABASE", "HIL_FRAMES"):
        monkeypatch.delenv(name, raising=False)
    names = ["x" * 5000, f"{'x' * 300}.toml", f"{'ab/' * 3000}x", "folder"]
    names += [f"{what}{e}" for what in ("pipe", "device") for e in ("", ".toml", ".csv", ".npy")]
    if "estimate" in command or "import" in command or "doctor" in command:
        names.remove("folder")  # of frames, it may be
    wrong = [
        name[:20]
        for name in names
        if not refused([name if word == "X" else word for word in command.split()], capsys)
    ]
    assert wrong == []


READERS = {"read_text", "read_bytes", "loadtxt", "genfromtxt", "fromfile"}
# What reads files that hil itself has written, or the system; or text that `drivers.given` gave.
OWN = {
    "drivers/listing/cameras.py": "of the system",
    "hil/cli/upkeep/awake.py": "of the system",
    "hil/cli/upkeep/threads.py": "of the system",
    "hil/demo/__init__.py": "of the package",
    "hil/store/control/folder.py": "its own, looked at before",
    "hil/store/frames/own_reading.py": "chunks of trials",
    "hil/study/cache.py": "its own",
    "hil/web/site.py": "of the package",
    "sim/hyperspectral/spectra.py": "lines that were read",
}


def test_files_are_read_in_one_way() -> None:
    """By `drivers.given`: a pipe, a device or a file of terabytes is no matter of each reader."""
    root = Path(__file__).parents[3]
    found = set()
    for package in ("hil", "drivers", "sim"):
        for path in (root / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(root).as_posix()
            if name != "drivers/given.py" and any(f".{reader}(" in text for reader in READERS):
                found.add(name)
    assert found == set(OWN)
