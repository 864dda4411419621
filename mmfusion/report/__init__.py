"""What runs came to, read from their folders alone. Imports no torch, so it starts fast."""
