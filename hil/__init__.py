"""Hardware-in-the-loop control of imaging instruments, driven by information."""
