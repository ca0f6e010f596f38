"""FHIR R4 as hospitals send it: resources become the facts of a chart, or are set aside with the reason.

`elements.py` reads the data types, `resources.py` finds resources and follows references, `reading.py` deals each
patient's resources out to the modules that know a resource: `observations.py`, `conditions.py` (with allergies and
family history), `treatments.py` (procedures and drugs), `participation.py` (trials and consent). Nothing here knows a
code: that is the dictionary's business.
"""
