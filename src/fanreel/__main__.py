"""`python -m fanreel` is `fanreel`."""

from fanreel.cli import main

if __name__ == "__main__":
    main()
