"""Frames that are no measurement, refused by name before anything is made of them.

`frame_watch` asks the guards of `kinds`, one a file, about every capture (`taken`), beside what the
session has seen (`past`). What one frame cannot tell, a second look at the same place does: where a
guard doubts, one frame is taken again, at the same settings.
"""
