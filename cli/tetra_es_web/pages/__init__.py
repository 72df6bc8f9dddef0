"""The pages: each a function of what is looked at and of the parameters in its address."""
