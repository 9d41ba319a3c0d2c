"""A window of one's own, of pymmcore-widgets, on a simulated microscope, until it is closed."""

from pathlib import Path

from pymmcore_widgets import ExposureWidget, PropertyBrowser, PropertyWidget
from qtpy.QtWidgets import QApplication, QFormLayout, QWidget

from hil.rig.shared_core import micromanager_core

app = QApplication([])
with micromanager_core(Path(__file__).with_name("rig.toml")) as core:
    window = QWidget()
    rows = QFormLayout(window)
    rows.addRow("exposure", ExposureWidget("camera", mmcore=core))
    rows.addRow("light, mW", PropertyWidget("light", "power_mw", mmcore=core))
    rows.addRow("defocus, nm", PropertyWidget("mirror", "z4_nm", mmcore=core))
    rows.addRow(PropertyBrowser(mmcore=core))
    window.show()
    app.exec()
