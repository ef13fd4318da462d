"""How the stamp below a picture tells its number."""

from fanreel.capture.xvfb import painted

BLACK, WHITE = b"\0\0\0", b"\xff\xff\xff"


def test_a_number_is_cells_of_black_and_white_twice() -> None:
    """Least significant bit first, at both rows."""
    row = WHITE + BLACK + WHITE + WHITE + 28 * BLACK
    assert painted(0b1101) == row + row


def test_every_bit_has_a_cell() -> None:
    """The last one too."""
    assert painted(2**31) == 2 * (31 * BLACK + WHITE)
    assert painted(2**32 - 1) == 2 * 32 * WHITE
