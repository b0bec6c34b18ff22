"""`python -m app.cli`: the same as `leadline`."""

from app.cli import main

main()
