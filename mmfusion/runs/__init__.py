"""What a person does with a model: train, evaluate, predict, validate, and the folder a run leaves."""
