"""Instruments by table: SCPI or plain serial lines, described in the rig file, over PyVISA.

``tables`` is what a table may say, ``phrases`` goes from values to commands and from answers to
values, ``link`` is the wire with its time-outs, ``instrument`` the device, ``kind`` opens it.
PyVISA (the extra ``visa``) is imported when a link is opened. Only `hil.rig` comes in.
"""
