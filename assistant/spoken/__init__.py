"""Written forms -> the words people say for them: numbers, money, units, dates, signs. One file per language."""
