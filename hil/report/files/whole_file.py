"""Files that are there whole, or as they were: what is written goes beside them first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Have a file, or a folder, written under another name, and named in one step.

    Parameters
    ----------
    path
        Where it is to be, as ``-o`` says. A file that is there is replaced once all is written;
        what is there and no file, a pipe say, is written to as it is.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    InputError
        No such folder, or it cannot be written: a full disk, say.
    """
    in_place = _is_no_file(path)
    partial = path if in_place else path.with_name(f".{os.getpid()}.partial.{path.name}")
    try:
        yield partial
        if not in_place:
            partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        elif not in_place:
            partial.unlink(missing_ok=True)


def _is_no_file(path: Path) -> bool:
    try:
        if path.is_dir():
            raise InputError("-o", str(path), "is there, and a folder is not replaced")
        if not path.absolute().parent.is_dir():
            raise InputError("-o", str(path), f"there is no folder {path.absolute().parent}")
        return path.exists() and not path.is_file()
    except OSError as error:  # its name is too long, or a loop of links
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError("-o", str(path), f"cannot be written: {error.strerror or error}")
