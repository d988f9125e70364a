"""Words that refer to the turn before: corrections, undoing, questions that go on."""
