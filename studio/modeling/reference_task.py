"""ReferenceTask: a text to write for every row, against its reference in the label column."""

from typing import ClassVar

import pandas as pd

from studio.modeling.composed_recipe import Task
from studio.modeling.recipe import Target
from studio.modeling.text.tokens.sequences import cells
from studio.settings.schema import SettingsSchema


class ReferenceTask(Task):
    """A task whose truth is one text a row."""

    kind: ClassVar[str]
    """Of the target."""

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        return Target(cls.kind)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return self.settings.dataset.label_columns in table.columns

    def targets_of(self, table: pd.DataFrame) -> list[str | None] | None:
        """The text to write of every row, None where there is none."""
        if not self.has_truth(table):
            return None
        return [text or None for text in cells(table, self.settings.dataset.label_columns)]
