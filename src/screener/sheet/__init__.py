"""One sheet a patient: who this is, what stands against each trial, what whom has to do, until when it holds.

Everything follows from a screening, from its margins, distances and changes. No new opinion is added: `states.py` and
`actions.py` read statuses, reasons and needs, and `phrases.py` says them in a ward's words. Terminal, page, worklist
and JSON are written from the one model in `model.py`.
"""
