-- Puts the flags of an organization in the place of those before.
-- KEYS[1]: a hash of names and values.
-- ARGV: the life in milliseconds, then a name and a value for each flag.
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0
