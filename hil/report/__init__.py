"""Figures and exports, for people and other programs; matplotlib's one home.

The command line comes in. May import everything below it but the command line and the demo.
"""
