"""The tests mirror the tree of the package; journeys, conformance, architecture and browser tests stand beside it."""
