-- ARGV: value, expiry ms. A fence, or TAKEN MS (until it expires). Asked twice
-- with one value it is the same lock, with a new fence.
if value and not mine then
	return 'TAKEN ' .. redis.call('PTTL', KEYS[1])
end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2])) or 0
local fence = string.format('%d',
	math.max(last + 1, tonumber(time[1]) * 1000000 + tonumber(time[2])))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], fence)
return fence
