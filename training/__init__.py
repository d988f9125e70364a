"""Fine-tuning: make data -> check data -> probe -> plan -> fit -> export -> use. Never imports assistant."""
