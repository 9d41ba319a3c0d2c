"""Read spec files; every mistake becomes one line with file, key, value and what is allowed."""

from __future__ import annotations

import errno
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from drivers.given import given_text
from hil.errors import InputError, nearest
from hil.spec.rig import RigSpec, outside
from hil.spec.session import SessionSpec

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RigFile:
    """A rig file as it was read.

    Parameters
    ----------
    spec
        Its content.
    text
        The file as it was, for the record.
    path
        Where it lies, absolute.
    """

    spec: RigSpec
    text: str
    path: Path

    def needs_camera(self) -> None:
        """Refuse a rig without a camera: for whatever takes frames.

        Raises
        ------
        InputError
        """
        if not self.spec.camera:
            raise InputError(
                self.path, "camera", "missing: label of the device that takes the frames"
            )


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A session file as it was read, with its rig."""

    spec: SessionSpec
    text: str
    path: Path
    rig: RigFile


def load_rig_file(path: str | Path) -> RigFile:
    """Read and check a rig file; nothing connects.

    Raises
    ------
    InputError
    """
    full, text = read_text(path)
    return RigFile(parse(RigSpec, text, path), text, full)


def load_session_file(path: str | Path, rig: str | Path | None = None) -> SessionFile:
    """Read and check a session file and its rig file; nothing connects.

    Parameters
    ----------
    path
        The session file.
    rig
        Another rig file than the one that it names.

    Raises
    ------
    InputError
    """
    full, text = read_text(path)
    spec = parse(SessionSpec, text, path)
    if rig is None:
        rig_path = Path(path).parent / spec.rig
        if not rig_path.is_file():
            raise InputError(path, "rig", f"{spec.rig!r} is no file in {full.parent}")
    else:
        rig_path = Path(rig)
    rig_file = load_rig_file(rig_path)
    check_against_rig(spec, rig_file.spec, path)
    return SessionFile(spec, text, full, rig_file)


def read_text(path: str | Path) -> tuple[Path, str]:
    """Read a file; give its whole path and its text.

    Raises
    ------
    InputError
    """
    path = Path(path)
    try:
        text = given_text(path)
        return path.absolute(), text.replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise InputError(path, "", "no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(path, "", f"not UTF-8 text, byte {error.start}") from None
    except OSError as error:
        no_such = ": no rig or session file" if error.errno == errno.EFBIG else ""
        raise InputError(path, "", f"cannot be read: {error.strerror}{no_such}") from None


def parse(model: type[Model], text: str, where: str | Path) -> Model:
    """Check TOML text against a model; the JSON of a spec that this program wrote is read too.

    Raises
    ------
    InputError
        For the first mistake; the number of further ones is said.
    """
    errors = read_spec(model, text, where)
    if isinstance(errors, list):
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InputError(where, errors[0].key, errors[0].problem + more)
    return errors


def read_spec(model: type[Model], text: str, where: str | Path) -> Model | list[InputError]:
    """Check TOML text against a model; give every mistake where there are some.

    Raises
    ------
    InputError
        It is no TOML at all.
    """
    try:
        # No TOML document begins with a brace.
        table = json.loads(text) if text.startswith("{") else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(where, "", f"not TOML: {error}") from None
    except json.JSONDecodeError as error:
        raise InputError(where, "", f"neither TOML nor JSON: {error}") from None
    except RecursionError:
        raise InputError(where, "", "nested too deeply") from None
    except ValueError:  # Python reads no whole number of thousands of digits
        most = sys.get_int_max_str_digits()
        raise InputError(where, "", f"not TOML: a number of more than {most} digits") from None
    try:
        return model.model_validate(table)
    except RecursionError:
        raise InputError(where, "", "nested too deeply") from None
    except ValidationError as error:
        return input_errors(error, where, table)


def input_error(
    error: ValidationError, where: str | Path, table: Mapping[str, Any], prefix: str = ""
) -> InputError:
    """Turn pydantic's report into one line about the file that a person wrote."""
    first, *others = input_errors(error, where, table, prefix)
    more = f" (and {len(others)} more)" if others else ""
    return InputError(where, first.key, first.problem + more)


def input_errors(
    error: ValidationError, where: str | Path, table: Mapping[str, Any], prefix: str = ""
) -> list[InputError]:
    """Turn pydantic's report into a line for each place in the file that a person wrote."""
    details = error.errors()
    # An unknown key is most likely the misspelling of one that is then missing: say it first.
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    places: dict[tuple[int | str, ...], InputError] = {}
    for detail in details:
        place = _in_file(detail, table)
        if place not in places:
            known = _known_keys(error, detail) if detail["type"] == "extra_forbidden" else []
            key, problem = _say(detail, table, known)
            path = ".".join(part for part in (prefix, key) if part)
            places[place] = InputError(where, path, problem)
    return list(places.values())


def _say(detail: ErrorDetails, table: Mapping[str, Any], known: Sequence[str]) -> tuple[str, str]:
    location = _in_file(detail, table)
    key = ".".join(_quoted(part) for part in location)
    kind, context = detail["type"], detail.get("ctx", {})
    value = detail["input"]
    if kind == "extra_forbidden":
        return key, f"unknown key, {nearest(str(location[-1]), known)}"
    if kind == "missing":
        return key, "missing"
    if kind == "value_error":
        return key, str(context["error"])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        key = f"{key}.kind" if key else "kind"
        if kind == "union_tag_not_found":
            return key, "missing"
        allowed = str(context["expected_tags"])
        return key, f"{context['tag']!r}, allowed: {allowed}"
    if kind == "too_short":
        count, least = context["actual_length"], context["min_length"]
        return key, f"{count or 'no'} entries, allowed: at least {least}"
    message = detail["msg"]
    message = message[0].lower() + message[1:]
    shown = repr(value)
    if isinstance(value, (Mapping, list)) or len(shown) > 60:
        shown = "the value"
    return key, f"{shown} is wrong, {message.replace('input should be', 'allowed:')}"


def _in_file(detail: ErrorDetails, table: Any) -> tuple[int | str, ...]:
    """Drop the parts of a location that name branches of a union and not keys of the file."""
    kept: list[int | str] = []
    here: Any = table
    location = detail["loc"]
    for i, part in enumerate(location):
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif i < len(location) - 1 or detail["type"] != "missing":
            continue
        kept.append(part)
    return tuple(kept)


def _quoted(part: int | str) -> str:
    text = str(part)
    return text if text.replace("_", "").replace("-", "").isalnum() else f'"{text}"'


def _known_keys(error: ValidationError, detail: ErrorDetails) -> list[str]:
    """Keys that the table at fault may hold."""
    roots: dict[str, type[BaseModel]] = {"RigSpec": RigSpec, "SessionSpec": SessionSpec}
    model: Any = roots.get(error.title)
    if model is None:
        return []
    here = schema = _schema(model)
    for part in detail["loc"][:-1]:
        here = _branch(here, part, schema)
    return list(_resolve(here, schema).get("properties", {}))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Give the JSON schema of a file, which takes 10 ms to make; it is only read."""
    return model.model_json_schema()


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    for form in ("anyOf", "oneOf"):
        objects = [
            resolved
            for option in node.get(form, ())
            if (resolved := _resolve(option, schema)).get("type") == "object"
        ]
        if len(objects) == 1:
            return objects[0]
    return node


def _branch(node: dict[str, Any], part: int | str, schema: dict[str, Any]) -> dict[str, Any]:
    node = node if "discriminator" in node else _resolve(node, schema)
    if "discriminator" in node:  # the part is the tag of a union
        mapping = node["discriminator"]["mapping"]
        return {"$ref": mapping[part]} if part in mapping else node
    if isinstance(part, int):
        items = node.get("items", {})
        if isinstance(items, dict):
            return items
    properties = node.get("properties", {})
    if part in properties:
        child: dict[str, Any] = properties[part]
        for option in child.get("anyOf", ()):
            if "discriminator" in option:
                return dict(option)
        return child
    extra = node.get("additionalProperties", {})
    return extra if isinstance(extra, dict) else {}


def check_against_rig(session: SessionSpec, rig: RigSpec, where: str | Path) -> None:
    """Refuse what the two files alone show to be impossible.

    Raises
    ------
    InputError
    """
    for problem in against_rig(session, rig, where):
        raise problem


def against_rig(session: SessionSpec, rig: RigSpec, where: str | Path) -> Iterator[InputError]:
    """Give everything that the two files alone show to be impossible."""
    for i, axis in enumerate(session.search):
        key = f"search.{i}"
        limit = rig.limits.get(axis.setting)
        if limit is not None:
            for name in ("low", "high"):
                value = getattr(axis, name)
                problem = outside(limit, value) if value is not None else ""
                if problem:
                    yield InputError(
                        where, f"{key}.{name}", f"{axis.setting} = {value:g} {problem}"
                    )
            for choice in axis.choices or ():
                if problem := outside(limit, choice):
                    yield InputError(
                        where, f"{key}.choices", f"{axis.setting} = {choice!r} {problem}"
                    )
        lights = rig.dose is not None and axis.setting == rig.dose.power
        role = "light" if lights else _role_by_name(axis.setting)
        if problem := session.objective.degenerates(session.constraints, axis.setting, role):
            yield InputError(where, f"{key}.setting", problem)
    tables = [("fixed", session.fixed)]
    tables += [(f"measure.fields.{i}", field) for i, field in enumerate(session.measure.listed)]
    if session.reference is not None:
        tables.append(("reference.settings", session.reference.settings))
    for path, table in tables:
        for name, value in table.items():
            limit = rig.limits.get(name)
            problem = outside(limit, value) if limit is not None else ""
            if problem:
                yield InputError(where, f'{path}."{name}"', f"{value!r} {problem}")
    if not rig.camera:
        yield InputError(
            where, "rig", f"{session.rig!r} names no camera: camera = the device that takes frames"
        )
    if "bits_per_area" in session.objective.names and rig.optics is None:
        yield InputError(
            where,
            "objective.maximize",
            "bits_per_area needs pixel_size_um under [optics] in the rig",
        )
    if rig.noise is None:
        yield InputError(
            where,
            "rig",
            f"{session.rig!r} has no [noise]: information needs the camera's noise model",
        )


def _role_by_name(setting: str) -> str:
    """Tell what a setting's name says of its role.

    What the name does not say, the device does: see ``drivers.protocol.Setting.role``.
    """
    word = setting.rpartition(".")[2].casefold()
    if word in ("exposure_ms", "exposure"):
        return "exposure"
    if word == "power_mw":
        return "light"
    return "binning" if word == "binning" else "other"
