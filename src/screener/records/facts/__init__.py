"""Patients kept as facts: a folder of Parquet files that holds many records as they were read.

A row is one patient, whole. Nothing is interpreted anew: what is read back is equal to what was written.
"""
