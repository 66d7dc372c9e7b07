-- Takes tokens of a semaphore. Those of sessions that are dead do not count.
--
-- ARGV: marker, sequence seen, incarnation, lock delay ms, name, limit, count,
-- id. OK, or FULL.
local bad = refusal(ARGV[1], ARGV[2])
if bad then return bad end
local key = P .. ':s:' .. ARGV[5]
local used = 0
local held = redis.call('HGETALL', key)
for i = 1, #held, 2 do
	local count, who = string.match(held[i + 1], '^(%d+) (.*)$')
	local at = expiry(redis.call('HGET', P .. ':n', who))
	if at == 0 or at + num(ARGV[4]) <= now then
		redis.call('HDEL', key, held[i])
	elseif held[i] ~= ARGV[8] then
		used = used + num(count)
	end
end
if used + num(ARGV[7]) > num(ARGV[6]) then return {'FULL'} end
redis.call('HSET', key, ARGV[8], ARGV[7] .. ' ' .. ARGV[3])
changes = 1
return done({''})
