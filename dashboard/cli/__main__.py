"""`python -m dashboard.cli`: how `up` starts its parts, whatever the search path holds."""

from dashboard.cli import main

if __name__ == "__main__":
    main()
