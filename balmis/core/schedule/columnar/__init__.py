"""The schedule's columnar twin: whole populations at once, the same answers.

`tests/agreement/test_schedule.py` holds it to the scalar reference on every field.
"""
