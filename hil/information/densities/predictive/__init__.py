"""A density on integer codes by prediction: each pixel given the earlier ones of its patch."""
