"""``python -m hil.cli``: the same as ``hil``, where scripts are not on the path."""

from hil.cli.main import main

main()
