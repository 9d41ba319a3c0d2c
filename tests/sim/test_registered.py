"""A registered rig is complete: this says what a new one still lacks."""

from __future__ import annotations

import pytest

from tests.sim.cases import case_files
from tests.sim.registered import FORMS, NAMES, ROOT


@pytest.mark.parametrize("name", NAMES)
def test_a_registered_rig_has_all_that_a_rig_has(name: str) -> None:
    short = name.rpartition(".")[2]
    assert (ROOT / "docs" / "rigs" / f"{short}.md").is_file()
    assert (ROOT / "examples" / short / "session.toml").is_file()
    assert any(form.name == short and form.registered == name for form in FORMS)
    assert list((ROOT / "tests" / "sim" / short).rglob("case.py"))
    contract = f"test_{name.replace('.', '_')}_contract.py"
    assert (ROOT / "tests" / "contracts" / contract).is_file()


def test_every_form_has_a_case_and_none_is_left_over() -> None:
    modules = case_files()
    assert sorted(module.SEARCH.example for module in modules) == [form.name for form in FORMS]
    assert {module.IMAGES.registered for module in modules} == set(NAMES)


def test_every_folder_with_a_rig_is_registered() -> None:
    folders = {path.parent.name for path in (ROOT / "sim").glob("*/rig.py")} - {"parts"}
    assert folders == {name.removeprefix("sim.") for name in NAMES}
