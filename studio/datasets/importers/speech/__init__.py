"""Speech corpora: layouts in which recordings and transcripts are published."""
