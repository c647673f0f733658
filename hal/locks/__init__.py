"""Lock boards, one family a file."""
