"""What a trial of a study says of itself, beside its value.

User attributes, which any study may set: ``SD_ATTR``, the standard deviation of the first value;
``FIELDS_ATTR``, the fields of view that it was measured at. System attribute of sampler ``auto``:
``GAIN_ATTR``, what a trial was expected to add to the best, in the objective's unit, and
``NOISE_ATTR``, the standard deviation of values about the model, likewise.
"""

SD_ATTR = "objective_sd"
FIELDS_ATTR = "fields_of_view"
GAIN_ATTR = "auto:expected_gain"
NOISE_ATTR = "auto:noise_sd"
