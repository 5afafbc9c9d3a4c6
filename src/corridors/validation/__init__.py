"""Does the model hold? Published results, real cases, known effects and the past, beside what it computes."""
