"""CPU time, memory, sizes, latency, and a milter client, for the benchmarks."""
