"""A trial's frames for other programs: OME-TIFF, OME-Zarr (NGFF 0.5), and plain numpy.

The command line comes in. May import sessions and the store.
"""
