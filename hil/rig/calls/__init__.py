"""Calls into drivers, none of which is waited for without end.

``driver_calls`` is the thread of one driver, ``timed_devices`` the deadlines of its devices' calls,
``open_driver`` the two for one ``[[driver]]`` table; ``halting`` tells all devices to stop;
``foreign_errors`` and ``foreign_frames`` take over what a library raises, reads back and yields.
May import `hil.rig.device_thread`, `drivers`.
"""
