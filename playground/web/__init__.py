"""The server as the network sees it: who may ask, how much, by which name, and what those who run it can look at."""
