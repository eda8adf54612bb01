"""What a result depends on, as hashes: files, code and what it imports, libraries, files opened while code runs."""
