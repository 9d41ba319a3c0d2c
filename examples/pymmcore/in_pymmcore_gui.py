"""pymmcore-gui on a simulated microscope: its window, until that is closed."""

from pathlib import Path

from pymmcore_gui import create_mmgui

from hil.rig.shared_core import micromanager_core

with micromanager_core(Path(__file__).with_name("rig.toml")) as core:
    create_mmgui(mm_config=False, mmcore=core, install_sentry=False)
