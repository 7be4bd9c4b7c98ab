-- One booking a request: the n-th pass of the file with a place by the rule of the run.
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

function init(args)
  passes, pools = {}, {}
  local n = 0
  for line in io.lines(args[1]) do
    if n % tonumber(args[3]) == id then passes[#passes + 1] = line end
    n = n + 1
  end
  for line in io.lines(args[2]) do pools[#pools + 1] = line end
  run, at, made = args[4], 0, 0
  math.randomseed(id + 1)
end

function request()
  at = at + 1
  if at > #passes then wrk.thread:stop() at = 1 end
  local body = string.format('{"request_id":"%s%04x-0000-4000-8000-%012x","pool":%s}',
    run, id, at, pools[math.random(#pools)])
  return wrk.format("POST", "/gate/v1/bookings", {
    ["Authorization"] = "Bearer " .. passes[at], ["Content-Type"] = "application/json"}, body)
end

function response(status) if status == 201 then made = made + 1 end end

local threads = {}
local old = setup
function setup(thread) old(thread) table.insert(threads, thread) end

function done(summary, latency, requests)
  local made = 0
  for _, thread in ipairs(threads) do made = made + thread:get("made") end
  io.write(string.format(
    '{"requests":%d,"seconds":%.4f,"made":%d,"refused":%d,"broken":%d,"p50":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration / 1e6, made, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
