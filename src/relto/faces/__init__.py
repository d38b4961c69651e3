"""Floor 5: how people and programs reach us. They authenticate and translate; they never decide."""
