-- Counts one event, unless the bucket is full.
-- KEYS[1]: the tickets of the bucket by the microsecond of their event.
-- ARGV: the limit, the window in microseconds, the ticket of this event.
-- Answers 0 if it was counted, else in how many microseconds one would be.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local ended = string.format('%.0f', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ended)
local count = redis.call('ZCARD', KEYS[1])
if count < limit then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1)
  return 0
end
-- The one whose end makes room: with a limit that was lowered in between it is
-- not the oldest.
local index = count - limit
local gives_room = redis.call('ZRANGE', KEYS[1], index, index, 'WITHSCORES')
return math.min(window, math.max(1, gives_room[2] + window - now))
