wrk.method = "POST"
wrk.headers["Content-Type"] = "text/plain"

function init(args)
  wrk.body = string.rep("x", tonumber(args[1]))
end
