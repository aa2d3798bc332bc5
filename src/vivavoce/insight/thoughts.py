"""What a model writes before its answer."""


class Thoughts:
    """Leaves out what some models think aloud before they answer: `<think>...</think>`."""

    OPEN, CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._state = "start"
        self._held = ""

    def without(self, piece: str) -> str:
        """What of the next piece is part of the answer."""
        if self._state == "answer":
            return piece
        self._held += piece
        if self._state == "start":
            begun = self._held.lstrip()
            if not begun or (len(begun) < len(self.OPEN) and self.OPEN.startswith(begun)):
                return ""
            self._state = "thoughts" if begun.startswith(self.OPEN) else "answer"
            if self._state == "answer":
                return begun
        _, closed, answer = self._held.partition(self.CLOSE)
        if not closed:
            self._held = self._held[-len(self.CLOSE) :]
            return ""
        self._state = "answer" if answer.strip() else "start"
        self._held = ""
        return answer.lstrip()
