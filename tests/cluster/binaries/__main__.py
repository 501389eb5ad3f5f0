"""Make the binaries of the test cluster ready: `python -m tests.cluster.binaries`."""

from tests.cluster.binaries import main

if __name__ == "__main__":
    main()
