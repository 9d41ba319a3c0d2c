from __future__ import annotations

import pytest

from hil.errors import InputError
from hil.replay.what_if.cases import cases_of
from hil.spec import SessionSpec
from hil.spec.load import parse

TEXT = """
name = "s"
rig = "rig.toml"
trials = 60
seed = 3
search = [{ setting = "m.z_nm", low = -1, high = 1 }]
reference = { every = 5 }
stop = { gain = 0.02, frames = 500, wall_s = 3600 }
"""
SPEC = parse(SessionSpec, TEXT, "session")


def test_each_value_with_each() -> None:
    cases = cases_of(["sampler=auto,tpe", "trials=20,40"], SPEC, None)
    assert [case.name for case in cases] == [
        "sampler=auto trials=20",
        "sampler=auto trials=40",
        "sampler=tpe trials=20",
        "sampler=tpe trials=40",
    ]
    assert [case.spec.trials for case in cases] == [20, 40, 20, 40]
    assert [case.spec.sampler.kind for case in cases] == ["auto", "auto", "tpe", "tpe"]


def test_what_is_not_named_stays() -> None:
    (case,) = cases_of(["remeasure=0"], SPEC, None)
    assert case.spec.stop.frames == 500
    assert case.spec.stop.gain == 0.02
    assert case.spec.stop.wall_s == 3600
    assert case.spec.reference is not None and case.spec.reference.every == 5
    assert cases_of(["dose_mj=2.5", "wall_s=60"], SPEC, None)[0].spec.stop.dose_mj == 2.5
    assert case.spec.remeasured == 0
    assert cases_of(["sampler=gp"], SPEC, None)[0].spec.stop.gain is None
    assert cases_of(["sampler=grid"], SPEC, None)[0].spec.remeasured == 0
    assert cases_of(["target=1.5"], SPEC, 7)[0].spec.stop.target == 1.5


def test_without_frames_there_is_nothing_to_fit() -> None:
    by_model = parse(SessionSpec, TEXT + 'sampler = { kind = "model" }', "session")
    (case,) = cases_of(["trials=20"], by_model, None)
    assert case.spec.sampler.kind == "auto", "which takes over from the model"
    assert case.spec.stop.gain == 0.02
    assert cases_of(["sampler=tpe"], by_model, None)[0].spec.sampler.kind == "tpe"


WRONG = [
    (["sampler=model"], "sampler: 'model' fits frames, and there are none: try auto"),
    (["samplr=gp"], "samplr: did you mean 'sampler'"),
    (["sampler"], r"sampler: '', allowed: a name"),
    (["sampler=gp,"], r"sampler: '', allowed: a name"),
    (["sampler=nope"], "sampler.kind: 'nope'"),
    (["trials=many"], "trials: 'many', allowed: a whole number"),
    (["trials=0"], "trials: 0"),
    (["gain=x"], "gain: 'x', allowed: a number"),
    (["sampler=tpe", "gain=0.1"], "stop.gain"),
    (["sampler=gp", "sampler=tpe"], "sampler: is given twice"),
    (["trials=" + ",".join("12345"), "frames=" + ",".join("12345")], "25 cases"),
]


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_wrong_options_are_named(options: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        cases_of(options, SPEC, None)


def test_trials_are_given_once() -> None:
    with pytest.raises(InputError, match="is given beside --trials"):
        cases_of(["trials=5"], SPEC, 6)
