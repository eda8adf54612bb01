"""How fast: methods timed under stated conditions, and a check that nothing has become slower.

Never from a scoring pass.
"""
