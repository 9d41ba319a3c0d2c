"""``hil schema``: what a file may say, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PLACE = 25


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(schema)


def schema(
    file: Annotated[str, typer.Argument(metavar="rig|session", help="Of which file.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.json", help="Write to a file.")
    ] = None,
) -> None:
    """Print the JSON schema of rig or session files, by which editors complete and check them."""
    text = schema_text(file)
    if output is None:
        print(text, end="")
        return
    write_schema(output, text)
    print(f"wrote {output}: editors read it where a file begins with #:schema {output.name}")


def schema_text(file: str) -> str:
    """Write a schema as people can read it."""
    import json

    from hil.spec.schema import json_schema

    return json.dumps(json_schema(file), indent=2) + "\n"


def write_schema(path: Path, text: str) -> None:
    """Write a schema to a file.

    Raises
    ------
    InputError
        It cannot be written.
    """
    from hil.errors import InputError

    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError("-o", str(path), f"cannot be written: {error.strerror}") from None
