"""What is lost if suppliers, countries or components fail, and the smallest sets of failures that do it."""
