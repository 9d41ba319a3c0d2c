from __future__ import annotations

import pytest

from hil.records.trial import Proposal, SearchExhausted
from hil.session.planned import ListedProposer


def test_a_list_is_given_in_its_order_and_ends() -> None:
    proposals = [Proposal("search", {"Z.position_um": z}) for z in (1.0, 2.0)]
    proposer = ListedProposer(proposals, "rows of the table")
    assert [proposer.propose([], {}, i) for i in range(2)] == proposals
    with pytest.raises(SearchExhausted, match="all 2 rows of the table"):
        proposer.propose([], {}, 2)
