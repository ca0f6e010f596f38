"""What a fact can be: truth, ranges, partial dates, units.

Nothing here knows of patients or rules, and nothing here imports from the rest of the package.
"""
