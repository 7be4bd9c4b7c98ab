"""CDC's CDSi supporting data and test cases, in this house's terms."""
