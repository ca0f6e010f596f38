"""One sheet a patient: who this is, what stands against each trial, who has to do what, and how long it holds.

Everything follows from a screening and its margins, distances and changes; a sheet adds no opinion of its own.
`states.py` and `actions.py` read statuses, reasons and needs, and `phrases.py` puts them in a ward's words. Terminal,
page, worklist and JSON are written from the one model in `model.py`.
"""
