"""What several benchmarks drive and measure with: memory of processes, requests, the page in Chromium."""
