"""What to do next for a patient: which missing facts decide, how near a number was, what time will change.

A room above `screening.py`: everything here asks the engine about records that differ from the one at hand, and never
says by itself what a rule means.
"""
