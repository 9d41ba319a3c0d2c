"""Frame files and map files, by whose checksums the rows vouch for them.

``files`` is how an array lies on disk, ``writer`` writes a trial's on a thread, ``access`` reads
what was checked, ``maps`` are a calibration's. `hil.store` comes in. May import its `models`.
"""
