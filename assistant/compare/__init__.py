"""Base model, documents, fine-tuning or both: the same questions to the same assistant, and what the numbers say.

questions -> arms -> run (ask, spoken) -> records -> metrics, judge -> report, page, verdict.
"""
