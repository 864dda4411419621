"""What a search and the training of one of its trials have in common: where the study lies, and its pruner."""
