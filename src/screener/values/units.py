"""Units: an exact rational factor and a dimension for every unit text, and exact conversion between them."""
