"""What is offered, under which names, and how a connection begins and ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from drivers.errors import DeviceFault, UnknownSetting
from drivers.micromanager.kind import KIND, MicroManagerConnection
from tests.drivers.conftest import Open

ROOT = Path(__file__).parents[3]


# --- names ---------------------------------------------------------------------------------------


# --- read-back -----------------------------------------------------------------------------------


def test_reads_pass_by_the_cores_cache(demo: MicroManagerConnection) -> None:
    stage = demo.devices["Z"]
    stage.start({"Z.position_um": 42.0})
    stage.settle(5.0)
    assert (
        float(demo._core.getSystemStateCache().getSetting("Z", "Position").getPropertyValue()) == 0
    )
    assert stage.read("Z.position_um") == 42.0


def test_four_decimals_are_what_is_read_back(demo: MicroManagerConnection) -> None:
    camera = demo.devices["Camera"]
    camera.start({"Camera.TestProperty3": 0.00123456})
    camera.settle(5.0)
    assert camera.read("Camera.TestProperty3") == 0.0012


# --- presets -------------------------------------------------------------------------------------


# --- beginning and end ---------------------------------------------------------------------------


def test_an_adapter_that_is_not_there_is_told(open_config: Open) -> None:
    with pytest.raises(DeviceFault, match=r"micromanager: loading rig.cfg: .*NoSuchAdapter"):
        open_config("Device,Cam,NoSuchAdapter,Cam\nProperty,Core,Initialize,1\n")


def test_two_connections_are_independent(open_config: Open) -> None:
    first, second = open_config(), open_config()
    first.devices["Z"].start({"Z.position_um": 5.0})
    first.devices["Z"].settle(5.0)
    assert second.devices["Z"].read("Z.position_um") == 0.0
    first.close()
    assert second.devices["Z"].read("Z.position_um") == 0.0


def test_versions_name_libraries_and_adapters(demo: MicroManagerConnection) -> None:
    assert {"pymmcore-plus", "pymmcore", "MMCore", "adapter DemoCamera"} <= demo.versions.keys()
    assert "Device API version" in demo.versions["adapter DemoCamera"]


def test_unknown_names_are_not_guessed(demo: MicroManagerConnection) -> None:
    with pytest.raises(UnknownSetting):
        demo.devices["Z"].read("Z.Position")  # an alias: others translate it


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_import_does_not_load_the_core() -> None:
    done = run(
        "import sys, drivers.micromanager.kind as m; m.KIND.options({}, __import__('pathlib').Path())\n"
        "assert not [x for x in sys.modules if x.startswith(('pymmcore', 'mm_test'))]"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("end", ["connection.close()", "pass"], ids=["closed", "left open"])
def test_the_interpreter_leaves_cleanly_while_a_stage_moves(end: str) -> None:
    """Callbacks that are pending at exit would abort it, with status 134."""
    for _ in range(3):
        done = run(
            "from pathlib import Path\n"
            "from drivers.micromanager.kind import KIND\n"
            "connection = KIND.open(KIND.options({}, Path()))\n"
            "connection.devices['XY'].start({'XY.x_um': 5000.0, 'XY.y_um': 5000.0})\n"
            "connection.devices['Camera'].start({'Camera.exposure_ms': 5.0})\n"
            f"{end}\n"
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_an_open_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "rig.cfg").write_text("Device,Cam,DemoCamera,NoSuchDevice\n", encoding="utf-8")
    options = KIND.options({"config": "rig.cfg"}, tmp_path)
    for _ in range(2):
        with pytest.raises(DeviceFault, match="NoSuchDevice"):
            KIND.open(options)
