"""World trade as it is and as it goes: the base year, the pair's level, its cargo, and its projection."""
