"""Process variables as settings, and areaDetector images as frames, over EPICS Channel Access.

``channels`` speaks to servers, by caproto; ``tables`` is what a rig file may say, ``variables``
settings on process variables, ``detector`` the camera, ``kind`` the ``[[driver]]`` table. Comes in:
`hil.rig`.
"""
