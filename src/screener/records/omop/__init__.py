"""The OMOP Common Data Model, version 5.4, as a source of records.

Each row of a table of events is dressed as the FHIR resource that says the same, and read as that: so a code, a unit or
a date means here what it means there. docs/omop.md says which tables and columns are read.
"""
