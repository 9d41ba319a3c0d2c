"""What ``hil replay --what-if`` and ``hil run --rehearse`` print."""
