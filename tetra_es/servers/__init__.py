"""Servers: what is on them, and the steps that change it or put it back.

One `Server` is one session of a small shell program, the agent, that OpenSSH starts on the server;
nothing of ours has to be installed there. The agent holds the lock, does the steps one by one and
leaves behind, before anything is changed, what puts the old state back without us.
"""
