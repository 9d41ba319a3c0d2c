"""What other programs and people may have written: the errors that reading it raises are ours.

``json_text`` reads JSON, whatever it is.
"""
