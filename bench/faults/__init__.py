"""A campaign of faults: whatever goes wrong, the right bytes come out, or a named error does."""
