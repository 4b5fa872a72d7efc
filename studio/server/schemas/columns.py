"""Columns of a table to predict, where they have other names than in training."""

from studio.server.schemas.payload import Payload

ColumnTexts = str | list[str]


class OfferedRole(Payload):
    """A role of the model whose column in the table may be chosen."""

    role: str
    trained: list[str]
    """The columns that it had in training."""
    suggested: list[str]
    """Columns of the table that are most like them."""
    is_required: bool


class ColumnOffer(Payload):
    """A table that lacks columns of the model, and which of its own could take their place."""

    table: str
    columns: list[str]
    roles: list[OfferedRole]
