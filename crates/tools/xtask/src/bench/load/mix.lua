-- Sends the requests of a file repeatedly. Each line has a path and a key.
local requests, place = {}, 0

function init(arguments)
  local made = {}
  for line in io.lines(arguments[1]) do
    if not made[line] then
      local path, key = line:match("^(%S+) (%S+)$")
      wrk.headers["Authorization"] = "Bearer " .. key
      made[line] = wrk.format("GET", path)
    end
    requests[#requests + 1] = made[line]
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end
