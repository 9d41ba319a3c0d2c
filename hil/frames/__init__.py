"""Frames from files of any origin: TIFF, Zarr, npy and npz, with their axes told or asked for.

`hil.noise` (maps), `hil.information` and the command line come in. May import `hil.records` and
`hil.errors`; tifffile and zarr load when a file needs them.
"""
