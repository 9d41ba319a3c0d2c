"""napari-micromanager on a simulated microscope: its window in napari, until that is closed."""

from pathlib import Path

import napari
from napari_micromanager import MainWindow

from hil.rig.shared_core import micromanager_core

with micromanager_core(Path(__file__).with_name("rig.toml")) as core:
    viewer = napari.Viewer()
    viewer.window.add_dock_widget(MainWindow(viewer, mmcore=core), area="top")
    napari.run()
