"""One file per revision; what was released is never changed."""
