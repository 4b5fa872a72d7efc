"""Speech recognition: the words that are said in a recording."""
