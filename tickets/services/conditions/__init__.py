"""What is wrong with the desk right now and needs an operator."""
