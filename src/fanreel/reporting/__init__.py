"""How a render went, as one page: `fanreel render --report`."""
