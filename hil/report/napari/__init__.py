"""A plug-in of napari (extra ``napari``): its manifest, ``napari.yaml``, and its `reader`.

napari comes in, by the entry point ``napari.manifest``. May import the store and `frame_files`.
"""
