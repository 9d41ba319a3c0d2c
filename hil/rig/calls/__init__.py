"""Calls into drivers, none of which is waited for without end.

``driver_calls`` is the thread of one driver, ``timed_devices`` the deadlines of its devices' calls,
``open_driver`` the two for one ``[[driver]]`` table; ``halting`` tells all devices to stop;
``foreign_frames`` takes over what a camera yields. May import `hil.rig.device_thread`,
`hil.rig.foreign_errors`, `drivers`.
"""
