"""The frames of a trial; what else happens to them is tested with whole sessions."""

from __future__ import annotations

from hil.session.loop.trial_capture import field_order


def test_fields_are_visited_in_an_order_of_the_trial() -> None:
    orders = [tuple(field_order(4, number, 6)) for number in range(20)]
    assert all(sorted(order) == list(range(6)) for order in orders)
    assert len(set(orders)) > 10
    assert orders == [tuple(field_order(4, number, 6)) for number in range(20)]
