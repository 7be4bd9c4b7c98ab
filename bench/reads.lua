-- The summary of a run of GET requests as JSON.
function done(summary, latency, requests)
  io.write(string.format('{"requests":%d,"seconds":%.4f,"refused":%d,"p50":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
