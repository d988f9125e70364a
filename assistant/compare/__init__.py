"""Base model, documents, fine-tuning or both: the same questions to the same assistant, and what the numbers say.

questions -> arms -> run (answerer, spoken) -> records -> metrics, judge -> lines, table -> report, page, verdict.
"""
