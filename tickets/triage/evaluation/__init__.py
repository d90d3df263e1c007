"""How good is a source of answers, on tickets whose right answers are known?"""
