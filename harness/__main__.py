"""`python -m harness` is `sameseed`."""

from harness.cli import main

if __name__ == "__main__":
    main()
