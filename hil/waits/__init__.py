"""What this process waits for, and who is told. Heavy libraries, devices and printing stay out.

Whatever may have to wait comes in, and the command line, which shows it. May import what is below.
"""
