"""What people want done, one function each: load, let the aggregates decide, save."""
