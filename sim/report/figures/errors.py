"""What can go wrong with a figure; a message is one line for the user."""


class FigureError(ValueError):
    """A figure cannot be drawn: no such figure or arm, nothing stored to draw, or a character that no font has."""
