"""Pictures of files that are predicted and that browsers do not draw, so that pages can show them."""

from pathlib import Path

import pandas as pd

from studio.datasets.dataset import preview_name
from studio.datasets.media.reader import MediaError
from studio.datasets.media.registry import media_reader, needs_preview
from studio.errors import PathError
from studio.modeling.recipe import Media
from studio.problems.contract import ProblemType
from studio.settings.schema import SettingsSchema

MOST_PREVIEWS = 500
"""Files of a table that are drawn, the first of them; each is decoded once more for it."""


def with_previews(
    kind: ProblemType, settings: SettingsSchema, table: pd.DataFrame, media: Media, previews: Path
) -> pd.DataFrame:
    """The table with what is known of its first files, whose pictures are drawn below `previews`.

    Files that cannot be read are left to the prediction, which says so.
    """
    if kind.medium is None or kind.media_role is None:
        return table
    reader, column = media_reader(kind.medium), str(settings.value(f"dataset.{kind.media_role}"))
    if column not in table.columns:
        return table
    facts = {}
    for name in table[column].dropna().astype(str).drop_duplicates().head(MOST_PREVIEWS):
        try:
            path = media.path(name)
            if needs_preview(reader, path):
                preview = previews / preview_name(media.relative(name))
                facts[name] = reader.inspect(path, preview, with_thumbnail=not reader.is_drawn_by_browsers)
        except (MediaError, PathError, OSError):
            continue
    if not facts:
        return table
    return table.assign(**reader.columns([facts.get(str(name)) for name in table[column]]))
