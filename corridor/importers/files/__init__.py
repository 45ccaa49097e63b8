"""What every importer needs: files opened safely, country names, units, and the account of what was read."""
