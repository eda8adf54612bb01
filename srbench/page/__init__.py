"""The report page: run folders as one HTML file that opens without a network."""
