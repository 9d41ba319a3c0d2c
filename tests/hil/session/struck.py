"""Which trials faults have struck, so that a test can hold every row against it."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest

import hil
from hil.errors import HilError
from hil.records.session import Snapshot
from sim.fault_script import FaultScript
from tests.hil.session.faulty_rigs import SmallRig
from tests.hil.session_bench import Bench

_TRIES = 40


class Struck:
    """A session with faults at random, and how often each trial was struck.

    Attributes
    ----------
    times
        Trial to how often; -1 stands for what is no trial.
    result
        Of the session.
    refused
        Errors of sessions that were struck before they began.
    """

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bench = bench
        self._trial = -1
        self.times: Counter[int] = Counter()
        self.refused: list[str] = []
        real = FaultScript.strike

        def strike(script: FaultScript, *args: Any) -> Any:
            found = real(script, *args)
            self.times[self._trial] += found is not None
            return found

        monkeypatch.setattr(FaultScript, "strike", strike)

    def run(self, small: SmallRig, faults: list[str], session: str) -> hil.SessionResult:
        """Run with the first seed whose faults leave the set-up alone."""
        for seed in itertools.count(1):
            assert seed < _TRIES, self.refused
            self.times.clear()
            self._bench.write(small.rig(*faults, seed=seed), session)
            try:
                self.result = self._bench.run(observer=self._look)
            except HilError as error:
                assert self._trial == -1, error
                assert self.times[-1], f"nothing struck, and yet: {error}"
                self.refused.append(str(error))
                continue
            return self.result
        raise AssertionError

    def _look(self, snapshot: Snapshot) -> None:
        ended = snapshot.state is not None and snapshot.state.ended
        self._trial = -1 if snapshot.number is None or ended else snapshot.number

    def check(self, words: str) -> None:
        """Every trial that was struck is FAILED with the words, no other is, and none wins."""
        with self._bench.database() as database:
            rows = database.trials("last", sort="number")
        struck = {number for number in self.times if number >= 0 and self.times[number]}
        failed = rows[rows["state"] == "FAILED"]
        assert set(failed["number"]) == struck
        assert set(rows["state"]) == {"COMPLETE", "FAILED"}
        assert all(failed["reason"].str.contains(words, regex=True)), list(failed["reason"])
        assert self.result.best is not None
        assert self.result.best.number not in struck
