"""What the benchmark of those who read along counts."""

from benchmarks.viewers import in_order, numbers

STREAM = b"""HTTP/1.1 200 OK\r\n\r\n2a\r\nid: 1\nevent: started\ndata: {"id: 7": 1}\n\n\r\n
event: interim\ndata: {}\n\n: still here\n\nid: 2\nevent: ended\ndata: {}\n\n"""


def test_the_numbers_of_events_and_of_nothing_else() -> None:
    assert numbers(STREAM) == [1, 2]


def test_all_once_and_in_order() -> None:
    assert in_order([1, 2, 3], 3)
    for wrong in ([1, 3, 2], [1, 2], [1, 2, 2, 3], [2, 3], [1, 2, 3, 4]):
        assert not in_order(wrong, 3)
