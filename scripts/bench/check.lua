-- POST /rbac/check for wrk. PAIRS=same asks one question over and over, else
-- every request asks about another user and permission.
local same = os.getenv("PAIRS") == "same"
local organization = os.getenv("ORGANIZATION")
local first_user = tonumber(os.getenv("FIRST_USER"))
local users = tonumber(os.getenv("USERS"))
local counter = 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Internal-Secret"] = os.getenv("SECRET")

function init()
  math.randomseed(os.time())
  counter = math.random(1, 1000000)
end

function request()
  local user, permission = first_user, 1
  if not same then
    counter = counter + 1
    user = first_user + (counter * 7919) % users
    permission = (counter * 104729) % 110 + 1
  end
  local body = string.format(
    '{"user_id":%d,"organization_id":%s,"permission":"bench.permission.%d"}',
    user, organization, permission)
  return wrk.format(nil, nil, nil, body)
end
