-- wrk ... -s load.lua URL -- get FILE OFFSET    GETs the paths of a file, one a line, in turn
-- wrk ... -s load.lua URL -- post PATH BODY [N]  POSTs the body, with @@ replaced by the number of the request, which after N
--                                                begins anew
-- Ends with one line of JSON, which bench/wrk.py reads.

local make = {}

function make.get(args)
    local prepared = {}
    for line in io.lines(args[2]) do
        table.insert(prepared, wrk.format("GET", line))
    end
    local place = tonumber(args[3]) % #prepared
    return function()
        place = place % #prepared + 1
        return prepared[place]
    end
end

function make.post(args)
    local path = args[2]
    local before, after = args[3]:match("^(.-)@@(.*)$")
    local number, last = 0, tonumber(args[4])
    wrk.headers["Content-Type"] = "application/json"
    return function()
        number = (last and number % last or number) + 1
        return wrk.format("POST", path, nil, before .. number .. after)
    end
end

function init(args)
    request = make[args[1]](args)
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
