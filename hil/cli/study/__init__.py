"""``hil study``: whether information predicts how well tasks are done."""

from hil.cli.study.command import PLACE, register

__all__ = ["PLACE", "register"]
