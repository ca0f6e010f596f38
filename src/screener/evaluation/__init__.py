"""The reference engine: a rulebook run against one patient.

Pure: no file, no clock, no global state that a patient could leave a trace in. `instants` places windows in time,
`results` and `episodes` read the patient, `evaluator` decides expressions, `answers` is what they all return, and
`explanation` puts an answer into words.
"""
