"""What is known about one patient: the native form, read and checked, as facts in canonical units."""
