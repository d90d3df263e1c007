"""Read bounces and complaints: who was not reached, why, and which message came back."""
