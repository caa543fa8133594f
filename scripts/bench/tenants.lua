-- POST /rbac/check for wrk over many tenants: ever new users of TENANTS
-- organizations with USERS users each, whose ids follow one another.
local first_organization = tonumber(os.getenv("ORGANIZATION"))
local first_user = tonumber(os.getenv("FIRST_USER"))
local tenants = tonumber(os.getenv("TENANTS"))
local users = tonumber(os.getenv("USERS"))
local names = { "org.read", "user.read", "role.create", "settings.update", "search.read" }
local counter = 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Internal-Secret"] = os.getenv("SECRET")

function init()
  math.randomseed(os.time())
  counter = math.random(1, 1000000)
end

function request()
  counter = counter + 1
  local tenant = (counter * 7919) % tenants
  local user = first_user + tenant * users + counter % users
  local body = string.format(
    '{"user_id":%d,"organization_id":%d,"permission":"%s"}',
    user, first_organization + tenant, names[counter % #names + 1])
  return wrk.format(nil, nil, nil, body)
end
