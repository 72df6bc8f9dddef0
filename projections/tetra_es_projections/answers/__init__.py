"""What is answered, as JSON values: the command line and the web give the same ones."""
