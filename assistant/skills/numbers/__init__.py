"""Skills of numbers and letters: sums, tips, units, currencies, chance, spelling."""
