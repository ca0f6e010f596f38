"""Populations: many records into facts, and every one of them screened by the one evaluator.

Nothing here knows what a rule means. It gives out work, keeps what comes back in files, and counts.
"""
