-- In front of every script. KEYS[1] holds the mutex's value while it is held,
-- KEYS[2] the last fence, which is kept for ever. ARGV[1] is the holder's value.
local value = redis.call('GET', KEYS[1])
local mine = value == ARGV[1]
