"""The pictures are SVG, and their lines lie where the values say."""

import xml.etree.ElementTree as ET

from benchmarks.live.plots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Line, plot

SVG = "{http://www.w3.org/2000/svg}"
X = Axis("seconds", 2, (0, 1, 2))
Y = Axis("share & more", 1, (0, 1))


def points(line: ET.Element) -> list[tuple[float, ...]]:
    return [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]


def test_a_line_goes_from_corner_to_corner_and_stays_inside() -> None:
    picture = ET.fromstring(plot([Line("a < b", [(0, 0), (2, 1), (9, 9)])], X, Y))
    (line,) = picture.iter(f"{SVG}polyline")
    low, high, beyond = points(line)
    assert low == (LEFT, HEIGHT - BOTTOM)
    assert high == beyond == (WIDTH - RIGHT, TOP)
    assert "a < b" in [text.text for text in picture.iter(f"{SVG}text")]


def test_every_dot_is_drawn() -> None:
    lines = [Line("a", [(0, 0), (1, 1)]), Line("b", [(1, 0)])]
    picture = ET.fromstring(plot(lines, X, Y, dots=True))
    assert len(list(picture.iter(f"{SVG}circle"))) == 3
