"""Who lives and who holds what on this machine, by locks of the operating system.

``folder`` is this user's folder for locks, ``lock`` holds hardware, ``description`` says of what,
``life`` shows that a process lives, ``progress`` judges one that only a counter is seen of,
``descriptors`` keeps what the process prints to. Store, rig and supervision come in. May import
`hil.errors`.
"""
