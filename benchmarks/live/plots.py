"""Two pictures as SVG, drawn here: what a plot needs is a few lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 16, 44
COLOURS = ("#0b6e4f", "#c8553d", "#2f6690", "#8d6a9f", "#7a7a52")

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Axis:
    title: str
    most: float  # from 0
    marks: Sequence[float]

    def share(self, value: float) -> float:
        """Where the value is on the axis, 0 ... 1."""
        return min(1.0, max(0.0, value / self.most))


def plot(lines: Sequence[Line], x: Axis, y: Axis, *, dots: bool = False) -> str:
    """Lines on two axes, with their names at the right."""
    inner = "".join([*_grid(x, y), *(_line(n, line, x, y, dots) for n, line in enumerate(lines))])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="#777">{inner}</svg>\n'
    )


def _place(point: Point, x: Axis, y: Axis) -> Point:
    across = LEFT + x.share(point[0]) * (WIDTH - LEFT - RIGHT)
    up = HEIGHT - BOTTOM - y.share(point[1]) * (HEIGHT - TOP - BOTTOM)
    return round(across, 1), round(up, 1)


def _grid(x: Axis, y: Axis) -> list[str]:
    bottom, left = HEIGHT - BOTTOM, LEFT
    parts = []
    for mark in x.marks:
        at, _ = _place((mark, 0), x, y)
        parts.append(f'<path d="M{at} {TOP}V{bottom}" stroke="#8883"/>')
        parts.append(f'<text x="{at}" y="{bottom + 16}" text-anchor="middle">{mark:g}</text>')
    for mark in y.marks:
        _, at = _place((0, mark), x, y)
        parts.append(f'<path d="M{left} {at}H{WIDTH - RIGHT}" stroke="#8883"/>')
        parts.append(f'<text x="{left - 6}" y="{at + 4}" text-anchor="end">{mark:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x.title)}</text>'
    )
    centre = (TOP + bottom) / 2
    parts.append(
        f'<text transform="translate(14 {centre}) rotate(-90)" text-anchor="middle">'
        f"{escape(y.title)}</text>"
    )
    return parts


def _line(number: int, line: Line, x: Axis, y: Axis, dots: bool) -> str:
    colour = COLOURS[number % len(COLOURS)]
    places = [_place(point, x, y) for point in line.points]
    path = " ".join(f"{across},{up}" for across, up in places)
    drawn = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    if dots:
        drawn += "".join(f'<circle cx="{a}" cy="{u}" r="3" fill="{colour}"/>' for a, u in places)
    at = TOP + 14 + 20 * number
    return drawn + (
        f'<text x="{WIDTH - RIGHT + 14}" y="{at}" fill="{colour}">{escape(line.name)}</text>'
    )
