-- Each line of the file is one person's wish: a pass and two places; asked once, then the end.
local counter, threads = 0, {}
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
  table.insert(threads, thread)
end

function init(args)
  wishes, at, made = {}, 0, 0
  local n = 0
  for line in io.lines(args[1]) do
    if n % tonumber(args[2]) == id then wishes[#wishes + 1] = line end
    n = n + 1
  end
end

function request()
  at = at + 1
  local wish = wishes[(at - 1) % #wishes + 1]  -- after the last one: retries, answered as before
  local pass, n, first, second = wish:match("(%S+) (%S+) (%S+) (%S+)")
  local body = string.format('{"request_id":"0001%04x-0000-4000-8000-%012x","pool":%s,' ..
    '"second_request_id":"0002%04x-0000-4000-8000-%012x","second_pool":%s}',
    id, n, first, id, n, second)
  return wrk.format("POST", "/gate/v1/pairs", {
    ["Authorization"] = "Bearer " .. pass, ["Content-Type"] = "application/json"}, body)
end

function response(status)
  if status == 201 then made = made + 1 end
end

function done(summary, latency, requests)
  local made = 0
  for _, thread in ipairs(threads) do made = made + thread:get("made") end
  io.write(string.format(
    '{"requests":%d,"seconds":%.4f,"made":%d,"refused":%d,"broken":%d,"p50":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration / 1e6, made, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
