"""Eligibility pre-screening for hepatology trials: criteria as readable rules, answers with their evidence."""
