"""The tree of errors."""

from vivavoce.core.errors import FrameGap, OurError, PeerError, VivavoceError

CLOSES = {1001, 1008, 1009, 1011, 1013, 4401, 4409, 4410}  # as ARCHITECTURE and protocol say


def tree(root: type[VivavoceError] = VivavoceError) -> list[type[VivavoceError]]:
    """Those of the core: another module's subclass is the same error to a peer."""
    below = [each for child in root.__subclasses__() for each in tree(child)]
    return [each for each in (root, *below) if each.__module__ == VivavoceError.__module__]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in tree()]
    assert len(codes) > 12
    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


def test_every_error_has_a_status_and_a_close_code_that_exist() -> None:
    for error in tree():
        assert 400 <= error.status <= 599, error
        assert error.close in CLOSES, error


def test_the_status_says_whose_fault_it_is() -> None:
    for error in tree(PeerError):
        assert error.status < 500, error
    for error in tree(OurError):
        assert error.status >= 500, error
    assert {*tree(PeerError), *tree(OurError), VivavoceError} == set(tree())


def test_codes_that_promise_a_return_are_retryable() -> None:
    for error in tree():
        if error.close in (1001, 1013, 4409):
            assert error.retryable, error
        if error.close in (4401, 4410, 1009):
            assert not error.retryable, error


def test_a_gap_says_where_to_go_on() -> None:
    gap = FrameGap(3, 5)
    assert gap.expected == 3
    assert gap.message == str(gap) == "Frame 5 came, but frame 3 was due."
