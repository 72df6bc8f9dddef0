"""What commands start from: options, the organization, keys, input."""
