"""The outside, one thing a file: database, clinic files, carriers, encryption."""
