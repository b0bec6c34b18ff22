"""What is learned when Leadline is built, not when it runs: `make model`."""
