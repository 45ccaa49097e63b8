"""What is lost if suppliers, countries or components fail, and which fewest failures do it."""
