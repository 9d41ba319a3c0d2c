"""Whoever closes descriptors 0, 1 and 2: files of ours never stay there, and what is printed arrives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# A driver's library closes all three in a call that goes on; the program opens files meanwhile.
WHILE_A_CALL_GOES_ON = """
import os, sys, threading
import hil.store.frames.files as files
from hil.locks.descriptors import OUTPUTS, opener
from hil.rig.calls.driver_calls import DriverCalls
from hil.store.control.journal import Journal
from pathlib import Path
import numpy as np

files.load_libraries()
closed, opened = threading.Event(), threading.Event()

def library():
    for number in (0, 1, 2):
        os.close(number)
    closed.set()
    assert opened.wait(60)

calls = DriverCalls("library")
worker = threading.Thread(target=lambda: calls.run("camera", "capture", library, 60))
worker.start()
assert closed.wait(60)
with open("kept.txt", "w", opener=opener) as file:
    assert file.fileno() > 2
    os.write(1, b"printed\\n")      # by a library in C, which knows nothing of Python's files
    os.write(2, b"an error\\n")
    file.write("ours")
folder = Path("trial")
files.make_image(folder, {})
files.write_chunk(folder, 0, np.zeros((1, 4, 4), np.uint16))
assert Journal(Path("control")).append({"a": 1})
opened.set()
worker.join()
print("heard")
print(sys.stdin.read().strip())
"""

# The program was begun with them closed, as daemons are.
BEGUN_CLOSED = """
import os
from hil.locks.descriptors import OUTPUTS, identity, opener
OUTPUTS.keep()
with open("kept.txt", "w", opener=opener) as file:
    os.write(1, b"nowhere")
    file.write("ours")
assert os.open("kept.txt", os.O_RDONLY) > 2
assert None not in [identity(number) for number in (0, 1, 2)]
"""

# Nobody has kept anything yet.
NOTHING_KEPT = """
import os
from hil.locks.descriptors import opener
os.close(1)
with open("kept.txt", "w", opener=opener) as file:
    os.write(1, b"nowhere")
    file.write("ours")
"""

# What the program itself redirects stays so, though a driver closes it.
REDIRECTED = """
import os
from hil.rig.calls.process_state import ProcessKept
with ProcessKept():
    pass
log = os.open("kept.txt", os.O_CREAT | os.O_WRONLY)
os.dup2(log, 1)
with ProcessKept():
    os.close(1)
os.write(1, b"ours")
with ProcessKept():
    os.dup2(2, 1)
os.close(log)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such numbers")
@pytest.mark.parametrize(
    ("program", "out", "err"),
    [
        (WHILE_A_CALL_GOES_ON, "printed\nheard\nasked\n", "an error\n"),
        (BEGUN_CLOSED, "", ""),
        (NOTHING_KEPT, "", ""),
        (REDIRECTED, "", ""),
    ],
    ids=["in a call", "begun closed", "nothing kept", "redirected"],
)
def test_files_are_not_printed_to(tmp_path: Path, program: str, out: str, err: str) -> None:
    (tmp_path / "program.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{program}", encoding="utf-8"
    )
    command = f'"{sys.executable}" program.py'
    if program is BEGUN_CLOSED:
        command += " <&- >&- 2>&-"
    done = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        input="asked\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, out, err)
    assert (tmp_path / "kept.txt").read_text() == "ours"
