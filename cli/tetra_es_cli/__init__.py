"""The command line: parse, call one use case, render. The only package that talks to people."""
