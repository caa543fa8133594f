-- POST /v1/auth/refresh for wrk: every thread has one connection and one
-- session of its own (SESSIONS: "id:token,id:token,…"), and presents what it
-- got. CHAIN=no presents the first token over and over, for the bare handler.
local chain = os.getenv("CHAIN") ~= "no"
local count = 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function setup(thread)
  local sessions = {}
  for id, token in os.getenv("SESSIONS"):gmatch("(%d+):([^,]+)") do
    sessions[#sessions + 1] = { id = id, token = token }
  end
  count = count + 1
  local mine = sessions[(count - 1) % #sessions + 1]
  thread:set("session", mine.id)
  thread:set("token", mine.token)
end

function request()
  local body = string.format('{"session_id":%s,"refresh_token":"%s"}', session, token)
  return wrk.format(nil, nil, nil, body)
end

function response(status, headers, body)
  if chain then
    token = body:match('"refresh_token":"([^"]+)"')
  end
end
