"""One process each: what the benchmarks time, ours and its peers, doing the same work."""
