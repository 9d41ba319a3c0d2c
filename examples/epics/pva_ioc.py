"""A soft server for trying PV Access at the desk: a stage, a lamp, a valve and a camera.

    python pva_ioc.py [port]

It serves on the loopback address alone. What is here is a server's, and no part of hil.
"""

from __future__ import annotations

import sys
import threading

import numpy as np
from p4p.nt import NTEnum, NTNDArray, NTScalar
from p4p.server import Server
from p4p.server.thread import SharedPV

SIDE = 64


def number(value, unit="", limits=None, display=None):
    said = {"value": value, "display": {"units": unit}}
    for what, pair in (("control", limits), ("display", display)):
        if pair:
            said.setdefault(what, {}).update(limitLow=pair[0], limitHigh=pair[1])
    code = "d" if isinstance(value, float) else "i"
    return SharedPV(nt=NTScalar(code, display=True, control=True), initial=said)


def choice(*choices):
    return SharedPV(nt=NTEnum(), initial={"index": 0, "choices": list(choices)})


def image(pixels, number):
    said = NTNDArray().wrap(pixels)
    said["uniqueId"] = number
    return said


def index(value):
    return {"value": {"index": int(value)}}


class Stand:
    def __init__(self):
        self.rng = np.random.default_rng(1)
        self.moves, self.taken = [], 0
        self.one_at_a_time = threading.RLock()  # writes and moves come from threads of their own
        self.pvs = {
            "X": number(0.0, "um", (-500.0, 500.0), (-400.0, 800.0)),
            "X:RBV": number(0.0, "um"),
            "X:DONE": number(1),
            "X:STOP": number(0),
            "LAMP": number(0.0, "mW"),
            "STEPS": number(2, limits=(0, 10)),
            "VALVE": choice("closed", "open"),
            "PRESSURE": number(1.5, "mbar"),
            "SICK": number(0),
            "cam1:AcquireTime": number(0.01, "s", (0.001, 10.0)),
            "cam1:AcquireTime_RBV": number(0.01, "s"),
            "cam1:Acquire": choice("Done", "Acquire"),
            "cam1:ImageMode": choice("Single", "Multiple", "Continuous"),
            "cam1:ArrayCallbacks": choice("Disable", "Enable"),
            "Pva1:EnableCallbacks": choice("Disable", "Enable"),
            "Pva1:Image": SharedPV(initial=image(np.zeros((SIDE, SIDE), dtype=np.uint16), 0)),
        }
        read_only = ("X:RBV", "X:DONE", "PRESSURE", "cam1:AcquireTime_RBV", "Pva1:Image")
        for name, pv in self.pvs.items():
            if name not in read_only:
                pv.put(lambda pv, op, name=name: self.written(name, pv, op))

    def written(self, name, pv, op):
        with self.one_at_a_time:
            self.take(name, pv, op.value())
        op.done()

    def take(self, name, pv, value):
        pv.post(index(value) if hasattr(value, "choice") else value)
        if name == "X":
            self.end_moves()
            self.pvs["X:DONE"].post(0)
            self.later(0.01, self.moved, float(value))
        elif name == "X:STOP":
            self.end_moves()
            self.pvs["X:DONE"].post(1)
        elif name == "SICK":
            severity = 3 if value else 0
            self.pvs["PRESSURE"].post(1.5, severity=severity, message="sensor" if value else "")
        elif name == "cam1:AcquireTime":
            self.pvs["cam1:AcquireTime_RBV"].post(float(value))
        elif name == "cam1:Acquire":
            self.end_moves()
            if int(value):
                self.later(float(self.pvs["cam1:AcquireTime"].current()), self.exposed)

    def later(self, seconds, what, *given):
        timer = threading.Timer(seconds, self.due, (what, *given))
        timer.daemon = True
        self.moves.append(timer)
        timer.start()

    def due(self, what, *given):
        with self.one_at_a_time:
            # A timer that ran out as it was ended would still move, after what came in its place.
            if threading.current_thread() in self.moves:
                what(*given)

    def end_moves(self):
        with self.one_at_a_time:
            for timer in self.moves:
                timer.cancel()
            self.moves.clear()

    def moved(self, goal):
        self.pvs["X:RBV"].post(goal)
        self.pvs["X:DONE"].post(1)

    def exposed(self):
        exposure_ms = 1e3 * float(self.pvs["cam1:AcquireTime"].current())
        row, column = np.mgrid[:SIDE, :SIDE]
        shift = float(self.pvs["X:RBV"].current()) / 10
        light = 1 + np.sin((row + 0.6 * column + shift) / 3) * np.cos((column - shift) / 5)
        lamp = float(self.pvs["LAMP"].current())
        electrons = self.rng.poisson(20 * lamp * exposure_ms * light)
        adu = np.rint(electrons / 0.5 + 100 + self.rng.normal(0, 3.2, light.shape))
        self.taken += 1
        newest = image(np.clip(adu, 0, 65535).astype(np.uint16), self.taken)
        self.pvs["Pva1:Image"].post(newest)
        self.pvs["cam1:Acquire"].post(index(0))


def serve(stand, port=5076):
    provided = {f"DESK:{name}": pv for name, pv in stand.pvs.items()}
    conf = {
        "EPICS_PVAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_PVAS_BEACON_ADDR_LIST": "127.0.0.1",
        "EPICS_PVAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_PVAS_SERVER_PORT": "0",
        "EPICS_PVAS_BROADCAST_PORT": str(port),
    }
    return Server(providers=[provided], conf=conf, useenv=False)


if __name__ == "__main__":
    with serve(Stand(), int(sys.argv[1]) if len(sys.argv) > 1 else 5076):
        threading.Event().wait()
