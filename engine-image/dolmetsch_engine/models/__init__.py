"""Speech models as files: which there are by name, and how they get into a folder."""
