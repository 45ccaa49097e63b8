"""Who supplies whom: shares of origins, the bill of materials, flows, and how it is all known."""
