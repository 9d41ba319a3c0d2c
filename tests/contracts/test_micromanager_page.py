"""The sentences of docs/micromanager.md are those that are said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hil.cli.main import run

PAGE = Path(__file__).parents[2] / "docs" / "micromanager.md"
READY = "Property,Core,Initialize,1\n"
CAMERA = "Device,Camera,DemoCamera,DCam\n"
# What stands for a name or a number in a sentence of the page.
PLACEHOLDER = re.compile(r"\\\.\\\.\\\.|(?<![\w-])(?:[ABCGNPVWX]|FILE)(?!\w)|4099|0, 2|'Empty'")


def sentences() -> dict[str, re.Pattern[str]]:
    """The first column of every table about what is said, as what it matches."""
    text = PAGE.read_text(encoding="utf-8").partition("## Left out")[2]
    cells = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `")]
    spans = [span for cell in cells for span in re.findall(r"`([^`]+)`", cell)]
    return {
        span: re.compile(PLACEHOLDER.sub(".*", re.escape(span).replace(r"\ ", " ")))
        for span in spans
    }


SAID = {
    "warnings": (
        CAMERA
        + "Device,Second,DemoCamera,DCam\nDevice,Both,Utilities,Multi Camera\n"
        + "Device,DA,DemoCamera,D-DA\nDevice,Half,Utilities,DA XY Stage\n"
        + "Device,All,Utilities,Multi Stage\nDevice,W,DemoCamera,DStateDevice\n"
        + READY
        + "Property,Both,Physical Camera 1,Camera\nProperty,Both,Physical Camera 2,Second\n"
        + "Label,W,0,Empty\nLabel,W,1,DAPI\nLabel,W,2,Empty\n"
        + "ConfigGroup,G,gone,Ghost,State,1\nConfigGroup,G,core,Core,AutoShutter,1\n"
        + "ConfigGroup,G,wrong,Camera,Binning,3\n"
    ),
    "no shutter": "Device,S,Utilities,Property Shutter\n" + READY + "Property,Core,Shutter,S\n",
    "a device called Preset": "Device,Preset,DemoCamera,DStage\n" + READY + "ConfigGroup,G\n",
    "fields": "Device,Z,DemoCamera\n",
    "long": CAMERA + "x" * 5000,
    "empty": "# nothing\n",
    "stray": "words\n",
    "no adapter": "Device,X,Nowhere,Y\n" + READY,
    "no such device": "Device,X,DemoCamera,Y\n" + READY,
    "not attached": "Device,X,SequenceTester,TCamera-0\n" + READY,
    "no label": CAMERA + READY + "Property,X,Gain,1\n",
    "no role": CAMERA + READY + "Property,Core,Shutter,X\n",
    "no value": CAMERA + READY + "Property,Camera,Binning,3\n",
    "no property": CAMERA + READY + "Property,Camera,P,3\n",
    "old": CAMERA + "Equipment,A,B\n",
    "not initialized": CAMERA,
}
# Said of hardware that the demo devices do not have, or elsewhere; tested where they are made.
NOT_HERE = {
    "X.P is left out: it reads nan",
    "X.P is left out: X: asking what P is: ...",
    "W is offered by number at the places ...: they have no label",
    "the places of W are left out: ...",
    "the region of C is left out: ...",
    "no such file",
    "no file '...'",
    "'...' cannot be read: ...",
    "goes with config: the demo devices are loaded as they are",
    "camera: missing: label of the device that takes the frames",
    "names no camera",
}


def test_what_is_said_stands_in_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, rig = tmp_path / "x.cfg", tmp_path / "x.toml"
    init = ["rig", "init", str(config), "-o", str(rig)]
    for text in SAID.values():
        config.write_text(text, encoding="utf-8")
        run([*init, "--force"])
    config.write_text(CAMERA + READY, encoding="utf-8")
    run(init)
    for label in ("Camra", "Camera"):
        run([*init, "--force", "--without", label])
    config.write_bytes(CAMERA.encode("utf-16"))
    run([*init, "--force"])
    said = capsys.readouterr()
    told = [*said.err.splitlines(), *(x for x in said.out.splitlines() if "warning" in x)]
    page = sentences()
    assert [line for line in told if not any(p.search(line) for p in page.values())] == []
    unsaid = {span for span, p in page.items() if not any(p.search(line) for line in told)}
    assert unsaid == NOT_HERE
