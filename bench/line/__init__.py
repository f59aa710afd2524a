"""A bad line for benchmarks: two namespaces joined by a link that drops what it is told to, and who lives behind it."""
