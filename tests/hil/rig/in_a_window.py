"""Run an example that opens a window, snap through it, and close it. Arguments: example, picture.

Prints what the core's frame and the layers of the window hold, in one line of JSON. Nothing is
asked of the network, from which these windows would have their icons.
"""

from __future__ import annotations

import json
import runpy
import socket
import sys
from typing import Any

from pymmcore_plus import CMMCorePlus
from pymmcore_widgets import PropertyWidget
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QWidget

LOOK_MS = 100
LAST_LOOK = 300  # then it is closed, whatever it shows


def offline(*_args: object, **_words: object) -> Any:
    raise socket.gaierror("no network in tests")


class Visit:
    """What is done at the window, once each look.

    Parameters
    ----------
    picture
        Where what the window looks like is kept.
    """

    def __init__(self, picture: str) -> None:
        self._picture, self._looks = picture, 0
        self.seen: dict[str, Any] = {}

    def look(self) -> None:
        self._looks += 1
        if (window := self._window()) is None and self._looks < LAST_LOOK:
            return
        if "frame" not in self.seen:
            core = CMMCorePlus.instance()
            core.setExposure(10.0)
            self.seen["frame"] = float(core.snap().mean())
            self.seen["devices"] = list(core.getLoadedDevices())
            self.seen["power_mw"] = [self._turned_to(value) for value in (2.0, 5.0)]
        self.seen["layers"] = self._layers()
        if self._looks < LAST_LOOK and "napari" in sys.modules and not self.seen["layers"]:
            return
        if window is not None:
            window.grab().save(self._picture)
            window.close()
        QApplication.quit()

    def _turned_to(self, power_mw: float) -> float:
        """Turn the light up by a widget of pymmcore-widgets; what the device then has."""
        core = CMMCorePlus.instance()
        widget = PropertyWidget("light", "power_mw", mmcore=core)
        widget.setValue(power_mw)
        return float(core.getProperty("light", "power_mw"))

    def _window(self) -> QWidget | None:
        shown = [one for one in QApplication.topLevelWidgets() if one.isVisible()]
        return max(shown, key=lambda one: one.width() * one.height(), default=None)

    def _layers(self) -> list[float]:
        napari = sys.modules.get("napari")
        viewer = napari.current_viewer() if napari else None
        return [float(layer.data.mean()) for layer in viewer.layers] if viewer else []


if __name__ == "__main__":
    socket.getaddrinfo = offline
    example, picture = sys.argv[1:]
    visit = Visit(picture)
    run_events = QApplication.exec

    def run_and_look(*_self: object) -> int:
        timer = QTimer()  # an application, which it needs, is the example's to make
        timer.timeout.connect(visit.look)
        timer.start(LOOK_MS)
        return run_events()

    QApplication.exec = run_and_look
    runpy.run_path(example, run_name="__main__")
    print(json.dumps(visit.seen))
